using System.Text;
using System.Text.Json;
using Counterfoil.Testing;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Schemes.Conformance;

/// <summary>
/// What every scheme promises, checked from the outside: inherit it, give the samples, and the scheme is walked, damaged, repeated and replayed.
/// <b>Source:</b> style.md 22, 28 and 29.
/// </summary>
/// <typeparam name="TScheme">The scheme.</typeparam>
public abstract class SchemeConformance<TScheme>(WalkedScheme<TScheme> walked) : IClassFixture<WalkedScheme<TScheme>>
    where TScheme : IScheme, new()
{
    private static readonly string[] ReadmeHeadings =
        ["Purpose", "Source", "Parties", "Flow", "Rights and state", "Refusals", "Events", "API and CLI", "Differences"];

    /// <summary>One whole message of each kind that the scheme's contracts and roles read.</summary>
    protected abstract IReadOnlyList<MessageSample> Messages { get; }

    /// <summary>The scheme's folder below the repository's root.</summary>
    protected virtual string Folder => Path.Combine("src", "Schemes", Walked.Scheme.Card.Family.ToString(), typeof(TScheme).Name);

    protected WalkedScheme<TScheme> Walked { get; } = walked;

    [Fact]
    public void Card_OfTheScheme_IsOneOfItsOwnOrTheCatalogues()
    {
        Assert.Same(Walked.Scheme.Card, new TScheme().Card);
        Assert.Contains(Catalogue.With([Walked.Scheme]), entry => ReferenceEquals(entry.Card, Walked.Scheme.Card) && entry.Status == SchemeStatus.Built);
    }

    [Fact]
    public void Walk_EveryStepAndRefusal_IsOk()
    {
        Assert.True(Walked.Result.Failures.Count == 0, string.Join(Environment.NewLine, Walked.Result.Failures));
        Assert.True(Walked.Result.Ok);
        Assert.NotEmpty(Walked.Result.Steps);
        Assert.NotEmpty(Walked.Result.Refusals);
        Assert.All(Walked.Result.Steps, step => Assert.True(step.Ok, step.Name));
        Assert.All(Walked.Result.Refusals, refusal => Assert.True(refusal.Ok, refusal.Name));
    }

    [Fact]
    public void Walk_Refusals_ReachEveryPromisedCode()
    {
        var reached = Walked.Result.Refusals.Where(refusal => refusal.Ok).Select(refusal => refusal.Expected).ToHashSet();

        Assert.DoesNotContain(Walked.Scheme.Refusals.Select(refusal => refusal.Code), code => !reached.Contains(code));
    }

    [Fact]
    public void Walk_RefusalsWithoutEffects_LeaveTheStateAsItWas() =>
        Assert.All(Walked.Result.Refusals.Where(refusal => refusal.Effects.Count == 0), refusal => Assert.True(refusal.StateUnchanged, refusal.Name));

    [Fact]
    public void Walk_Messages_ShowWhoSentThem()
    {
        var participants = Walked.Scheme.CreateWalkthrough().Participants;

        Assert.NotEmpty(Walked.Result.Messages);
        Assert.All(Walked.Result.Messages, message => Assert.Contains(message.From, participants.Append("operator")));
    }

    [Fact]
    public void Messages_Whole_RoundTripToTheSameBytes()
    {
        Assert.NotEmpty(Messages);
        foreach (var sample in Messages)
            Assert.Equal(Encoding.UTF8.GetString(sample.Bytes), Encoding.UTF8.GetString(sample.ReadAndWrite(sample.Bytes) ?? []));
    }

    [Fact]
    public void Messages_TruncatedTrailingUnknownMissingOrTwice_AreRefused()
    {
        var accepted = new List<string>();
        foreach (var sample in Messages)
            accepted.AddRange(sample.Damaged().Where(damaged => sample.ReadAndWrite(damaged.Bytes) is not null).Select(damaged => $"{sample.Name}: {damaged.What}"));

        Assert.Empty(accepted);
    }

    [Fact]
    public void SameBytes_SentAgain_GiveTheFirstAnswerAndChangeNothing()
    {
        Assert.NotEmpty(Walked.Repeats);
        foreach (var (height, index, outcome, again) in Walked.Repeats)
        {
            Assert.True(again.IsFinal, $"{height}/{index}: {again.Code}");
            Assert.True(again.Repeat);
            Assert.Equal((height, index), (again.Height, again.Index));
            Assert.Equal(Encoding.UTF8.GetString(outcome), Encoding.UTF8.GetString(again.Outcome!.Bytes));
        }
        Assert.Equal(Walked.StateAroundRepeats.Before, Walked.StateAroundRepeats.After);
    }

    [Fact]
    public void Blocks_ExecutedAgainFromGenesis_GiveTheSameState()
    {
        Assert.Null(Walked.Verification.Fault);
        Assert.Equal(Walked.StateAtTheEnd, Walked.StateReplayed);
    }

    [Fact]
    public void Value_OfEveryAsset_IsNeitherCreatedNorDestroyed()
    {
        // A balance's key is account and asset, a supply's key the asset; both hold 16 bytes of units, big-endian.
        var held = SnapshotTables.Rows(Walked.Snapshot, "accounts.balances").GroupBy(row => Convert.ToHexString(row.Key.AsSpan(32)))
            .ToDictionary(rows => rows.Key, rows => rows.Aggregate(UInt128.Zero, (sum, row) => sum + Units(row.Value)));
        var issued = SnapshotTables.Rows(Walked.Snapshot, "accounts.supply").Where(row => Units(row.Value) > 0)
            .ToDictionary(row => Convert.ToHexString(row.Key), row => Units(row.Value));

        Assert.Equal(issued.OrderBy(asset => asset.Key), held.Where(asset => asset.Value > 0).OrderBy(asset => asset.Key));
    }

    [Fact]
    public void Endpoints_OfTheScheme_HavePolicies()
    {
        var own = Walked.Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText?.StartsWith($"/schemes/{Walked.Scheme.Card.Slug}/", StringComparison.Ordinal) == true).ToList();

        Assert.Empty(own.Where(endpoint => (endpoint.Metadata.GetMetadata<EndpointPolicy>()?.Policy ?? Policy.Unset) == Policy.Unset)
            .Select(endpoint => endpoint.RoutePattern.RawText));
        foreach (var role in Walked.Scheme.Roles)
            Assert.Contains(own, endpoint => endpoint.RoutePattern.RawText!.StartsWith($"/schemes/{Walked.Scheme.Card.Slug}/{role.Name}/", StringComparison.Ordinal));
    }

    [Fact]
    public void Readme_OfTheScheme_HasItsHeadingsAndItsRefusals()
    {
        var readme = Path.Combine(Shared.Root, Folder, "README.md");
        Assert.True(File.Exists(readme), $"{readme} is missing");
        var text = File.ReadAllText(readme);
        var headings = text.Split('\n').Where(line => line.StartsWith("## ", StringComparison.Ordinal)).Select(line => line[3..].Trim()).ToList();

        Assert.Equal(ReadmeHeadings, headings.Where(ReadmeHeadings.Contains));
        Assert.DoesNotContain(Walked.Scheme.Refusals.Select(refusal => refusal.Code), code => !text.Contains($"`{code}`", StringComparison.Ordinal));
    }

    [Fact]
    public void Walk_AsJson_HasTheMembersThatOthersRead()
    {
        using var json = JsonDocument.Parse(Walked.Result.ToJson());
        var root = json.RootElement;

        Assert.Equal(["id", "slug", "ok", "seconds", "steps", "refusals", "ledger"], Names(root));
        Assert.Equal(["n", "from", "to", "name", "ok"], Names(root.GetProperty("steps")[0]));
        Assert.Equal(["name", "expected", "got", "state_unchanged", "effects", "ok"], Names(root.GetProperty("refusals")[0]));
        Assert.Equal(["height", "transactions"], Names(root.GetProperty("ledger")));
        Assert.True(root.GetProperty("ledger").GetProperty("transactions").GetInt64() > 0);
    }

    private static UInt128 Units(byte[] bytes) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(member => member.Name);
}
