using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Tests.Chain;
using Counterfoil.Ledger.Tests.Storage;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Host.Tests.Interop;

/// <summary>A chain with three changes of validators, and the light client in TypeScript, compiled once.</summary>
public sealed class LightClientFixture : IAsyncLifetime
{
    private static readonly string Interop = Path.Combine(Shared.Root, "tests", "Interop");

    internal CommitteeChain Chain { get; } = CommitteeChain.WithThreeChanges(new FaultyDisk());

    internal TemporaryFolder Folder { get; } = new();

    public async Task InitializeAsync()
    {
        if (!Directory.Exists(Path.Combine(Interop, "node_modules")))
            return;
        var (exitCode, output) = await RunAsync(Path.Combine(Interop, "node_modules", ".bin", "tsc"), "-p", Path.Combine(Interop, "tsconfig.light-client.json"));
        Assert.True(exitCode == 0, output);
    }

    public Task DisposeAsync()
    {
        Chain.Dispose();
        Folder.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>All changes, and a receipt for every leaf of the chain.</summary>
    internal LightFile File() => new()
    {
        Format = LightFile.FormatVersion,
        Genesis = Chain.Genesis.Bytes,
        Validators = Chain.Genesis.Validators.Bytes,
        Changes = [.. Chain.Blocks.Select(ValidatorChange.Of).OfType<ValidatorChange>()],
        Receipts = [.. Chain.Blocks.SelectMany(block => block.Leaves.Select((_, index) => Receipt.Of(block, index)))],
    };

    /// <summary>Runs the light client on a file's bytes.</summary>
    internal async Task<(int ExitCode, JsonObject Verdict)> VerifyAsync(byte[] file, params string[] arguments)
    {
        var path = Folder.File($"{Guid.NewGuid():N}.json");
        await System.IO.File.WriteAllBytesAsync(path, file);
        var (exitCode, output) = await RunAsync("node", [Path.Combine(Interop, "node_modules", ".light-client", "light-client.js"), path, .. arguments]);
        return (exitCode, JsonNode.Parse(output)!.AsObject());
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, output);
    }
}

/// <summary>The light client in another language comes to the verdicts of this one, from files alone.</summary>
public sealed class LightClientTests(LightClientFixture made, ITestOutputHelper output) : IClassFixture<LightClientFixture>
{
    private readonly CommitteeChain chain = made.Chain;

    /// <summary>A change of a whole file, and the code with which it is refused.</summary>
    private sealed record FileForgery(string Code, Func<LightFile, CommitteeChain, JsonObject> Make);

    private static readonly Dictionary<string, FileForgery> FileForgeries = new()
    {
        ["a file of another format"] = new("malformed", (file, _) => Edit(file, json => json["format"] = 2)),
        ["a member more"] = new("malformed", (file, _) => Edit(file, json => json["more"] = 1)),
        ["genesis of another ledger"] = new("wrong_net", (file, _) => Edit(file, json => json["genesis"] = Replaced(file.Genesis, "\"committee\"", "\"committees\""))),
        ["other first validators"] = new("validators_mismatch", (file, _) => Edit(file, json => json["validators"] = Replaced(file.Validators, "\"weight\":1", "\"weight\":2"))),
        ["a change left out"] = new("unknown_validators", (file, _) => Edit(file, json => json["changes"]!.AsArray().RemoveAt(0))),
        ["the last change left out"] = new("unknown_validators", (file, _) => Edit(file, json => json["changes"]!.AsArray().RemoveAt(2))),
        ["changes in another order"] = new("unknown_validators", (file, _) => Edit(file, json =>
        {
            var first = json["changes"]![0]!;
            json["changes"]!.AsArray().RemoveAt(0);
            json["changes"]!.AsArray().Insert(1, first);
        })),
        ["another list"] = new("validators_mismatch", (file, _) => Edit(file, json => json["changes"]![0]!["next_validators"] = json["changes"]![1]!["next_validators"]!.DeepClone())),
        ["a list with a member twice"] = new("malformed", (file, _) => Edit(file, json =>
            json["changes"]![0]!["next_validators"] = Replaced(file.Changes[0].NextValidators, "\"weight\":3", "\"weight\":9,\"weight\":3"))),
        ["a header that announces nothing"] = new("no_change", (file, chain) => Edit(file, json =>
        {
            json["changes"]![0]!["header"] = Base64Url.Encode(chain.Blocks[1].HeaderBytes);
            json["changes"]![0]!["certificate"] = JsonNode.Parse(chain.Blocks[1].CertificateBytes);
        })),
        ["an outcome changed"] = new("not_in_block", (file, _) => Edit(file, json => json["receipts"]![0]!["outcome"] = Base64Url.Encode("""{"status":"refused"}"""u8))),
        ["a path that leads elsewhere"] = new("not_in_block", (file, _) => Edit(file, json => json["receipts"]![0]!["path"]!["hashes"]![0] = new string('9', 64))),
        ["a path one hash short"] = new("not_in_block", (file, _) => Edit(file, json => json["receipts"]![0]!["path"]!["hashes"]!.AsArray().RemoveAt(0))),
        ["another place in the tree"] = new("not_in_block", (file, _) => Edit(file, json => json["receipts"]![0]!["path"]!["index"] = 1)),
        ["a place outside of the tree"] = new("malformed", (file, _) => Edit(file, json => json["receipts"]![0]!["path"]!["index"] = 3)),
        ["another id"] = new("id_mismatch", (file, _) => Edit(file, json => json["receipts"]![0]!["id"] = new string('1', 64))),
        ["another transaction"] = new("id_mismatch", (file, _) => Edit(file, json => json["receipts"]![0]!["transaction"] = json["receipts"]![1]!["transaction"]!.DeepClone())),
        ["due work at another time"] = new("id_mismatch", (file, _) => Edit(file, json => DueReceipt(json)["due"]!["due"] = DueReceipt(json)["due"]!["due"]!.GetValue<long>() + 1)),
        ["a receipt of another ledger"] = new("wrong_net", (file, _) =>
        {
            using var other = new CommitteeChain(new FaultyDisk(), new Seat("alone", 1));
            var block = other.Append(other.Add("apples"));
            return Edit(file, json => json["receipts"]![0] = JsonNode.Parse(Receipt.Of(block, 0).ToBytes()));
        }),
        ["later validators at an early height"] = new("unknown_validators", (file, chain) =>
        {
            var (early, late) = (chain.Blocks[4], chain.Blocks[8]);
            var header = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(early.HeaderBytes).Replace(early.Header.Validators.ToString(), late.Header.Validators.ToString(), StringComparison.Ordinal));
            var seats = chain.Quorum(new ForgedBlock(chain, late).Validators);
            var certificate = BlockCertificate.Assemble(chain.VoteFor(header, 5), chain.Precommits(header, 5, seats));
            return Edit(file, json =>
            {
                json["receipts"]![0] = JsonNode.Parse((Receipt.Of(early, 0) with { Header = header, Certificate = JsonNode.Parse(certificate.Bytes.Span)! }).ToBytes());
            });
        }),
    };

    public static TheoryData<string> CertificateForgeries => [.. Forgery.All.Keys];

    public static TheoryData<string> FileForgeryNames => [.. FileForgeries.Keys];

    [NodeFact]
    public async Task LightClient_OfAChainWithThreeChanges_BelievesEveryReceipt()
    {
        var file = made.File();
        var (exitCode, verdict) = await made.VerifyAsync(file.ToBytes(), chain.Genesis.Net.ToString());
        Assert.True(exitCode == 0, verdict.ToJsonString());
        Assert.Equal(chain.Genesis.Net.ToString(), verdict["net"]!.GetValue<string>());
        Assert.Equal([3, 7, 26], verdict["changes"]!.AsArray().Select(change => change!["height"]!.GetValue<int>()));
        Assert.Equal(Enumerable.Range(1, 30), verdict["heights"]!.AsArray().Select(height => height!.GetValue<int>()));
        Assert.Equal(
            file.Receipts.Select(receipt => (receipt.Id.ToString(), true)),
            verdict["receipts"]!.AsArray().Select(receipt => (receipt!["id"]!.GetValue<string>(), receipt["ok"]!.GetValue<bool>())));
        Assert.Equal("wrong_net", (await made.VerifyAsync(file.ToBytes(), new string('0', 64))).Verdict["code"]!.GetValue<string>());
        Measure(file, verdict);
    }

    [NodeTheory]
    [MemberData(nameof(CertificateForgeries))]
    public async Task LightClient_OfAForgedCertificate_RefusesItForItsReason(string name)
    {
        var forged = new ForgedBlock(chain, chain.Blocks[6]);
        var certificate = JsonNode.Parse(Forgery.All[name].Make(forged))!;
        var file = made.File();
        // The same forgery under a change and under a receipt.
        var change = file with { Changes = [file.Changes[0], file.Changes[1] with { Header = forged.Header, Certificate = certificate }], Receipts = [] };
        var receipt = file with { Receipts = [Receipt.Of(chain.Blocks[6], 0) with { Header = forged.Header, Certificate = certificate.DeepClone() }] };
        foreach (var (bytes, list, last) in ((byte[], string, int)[])[(change.ToBytes(), "changes", 1), (receipt.ToBytes(), "receipts", 0)])
        {
            var (exitCode, verdict) = await made.VerifyAsync(bytes);
            Assert.Equal((1, false), (exitCode, verdict["ok"]!.GetValue<bool>()));
            var refused = verdict[list]![last]!;
            Assert.Equal(("bad_certificate", Forgery.All[name].Reason), (refused["code"]?.GetValue<string>(), refused["reason"]?.GetValue<string>()));
        }
    }

    [NodeTheory]
    [MemberData(nameof(FileForgeryNames))]
    public async Task LightClient_OfAForgedFile_RefusesWhatIsForgedAsTheLedgerDoes(string name)
    {
        var forgery = FileForgeries[name];
        var json = forgery.Make(made.File(), chain);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(json);
        var (exitCode, verdict) = await made.VerifyAsync(bytes);
        Assert.Equal((1, false), (exitCode, verdict["ok"]!.GetValue<bool>()));
        Assert.Equal(forgery.Code, FirstCode(verdict));
        Assert.Equal(forgery.Code, OwnVerdict(bytes));
    }

    private static string? FirstCode(JsonObject verdict) =>
        (verdict["code"] ?? verdict["changes"]!.AsArray().Concat(verdict["receipts"]!.AsArray()).First(each => !each!["ok"]!.GetValue<bool>())!["code"])?.GetValue<string>();

    /// <summary>What .NET says of the same bytes, first refusal first.</summary>
    private static string? OwnVerdict(byte[] bytes)
    {
        if (LightFile.Parse(bytes) is not { } file)
            return "malformed";
        var genesis = Genesis.Parse(file.Genesis);
        if (!file.Validators.AsSpan().SequenceEqual(genesis.Validators.Bytes))
            return "validators_mismatch";
        var trusted = new TrustedValidators(genesis);
        return file.Changes.Select(trusted.Advance).FirstOrDefault(refusal => refusal is not null)?.Code
            ?? file.Receipts.Select(receipt => receipt.Verify(trusted, out _)).First(refusal => refusal is not null)!.Code;
    }

    private void Measure(LightFile file, JsonObject verdict)
    {
        var trusted = new TrustedValidators(chain.Genesis);
        var watch = Stopwatch.StartNew();
        Assert.All(file.Changes, change => Assert.Null(trusted.Advance(change)));
        Assert.All(file.Receipts, receipt => Assert.Null(receipt.Verify(trusted, out _)));
        var signatures = file.Receipts.Sum(receipt => receipt.Certificate["signatures"]!.AsArray().Count);
        output.WriteLine(
            $"{file.Receipts.Count} receipts with {signatures} signatures: .NET {watch.Elapsed.TotalMilliseconds:0} ms, Node {verdict["milliseconds"]} ms with start of the file");
    }

    private static JsonObject Edit(LightFile file, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(file.ToBytes())!.AsObject();
        change(json);
        return json;
    }

    private static JsonNode DueReceipt(JsonObject file) => file["receipts"]!.AsArray().First(receipt => receipt!["due"] is not null)!;

    private static string Replaced(byte[] bytes, string old, string with)
    {
        var text = Encoding.UTF8.GetString(bytes);
        Assert.Contains(old, text, StringComparison.Ordinal);
        return Base64Url.Encode(Encoding.UTF8.GetBytes(text.Replace(old, with, StringComparison.Ordinal)));
    }
}
