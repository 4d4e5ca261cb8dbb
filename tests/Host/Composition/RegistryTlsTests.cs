using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Host.Composition;
using Counterfoil.Host.Network;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;
using Xunit.Abstractions;
using static Counterfoil.Host.Tests.Composition.NetworkMembers;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>OpenSSL's own client, with a self-made certificate that the members admit and put out, against four nodes.</summary>
public sealed class RegistryTlsTests : IDisposable
{
    private const string Node = "openssl";
    private const string Link = "00000000000000000000000000000001";
    private const string Revocation = "00000000000000000000000000000002";

    private static readonly VoteChecks AllPass = new("pass", "pass", "pass", "pass", "pass", "pass", "pass");

    private readonly ITestOutputHelper output;
    private readonly TemporaryFolder folder = new();
    private readonly TestWallet owner = new(), other = new();
    private readonly EphemeralSigningKey tls;
    private readonly OrganisationCertificate certificate;

    public RegistryTlsTests(ITestOutputHelper output)
    {
        this.output = output;
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        tls = EphemeralSigningKey.Import(made.ExportParameters(includePrivateParameters: true).D);
        var start = DateTimeOffset.UtcNow.AddHours(-1);
        certificate = OrganisationCertificates.CreateSelfSignedTls(tls, new CertificateSubject("Stranger Ltd", Node, start, start.AddDays(30)));
        File.WriteAllText(folder.File("key.pem"), made.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(folder.File("certificate.pem"), PemEncoding.WriteString("CERTIFICATE", certificate.Der.Span));
    }

    public void Dispose()
    {
        tls.Dispose();
        owner.Dispose();
        other.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Client_ThatTheMembersAdmit_IsWelcomeOnEveryNode_AndDroppedByAllOnceTheyRevokeIt()
    {
        if (!HasOpenSsl())
            return;
        await using var network = await StartAsync();
        await RequireRefusedAsync(network, [0, 1, 2, 3]);
        await AdmitAsync(network);
        using var clients = await ConnectAsync(network, [0, 1, 2, 3]);
        Assert.Equal("accepted", (await network.SubmitAsync(0, network.SignRevocation(0, Revocation, Node))).Outcome?.Status);
        var decided = await ApproveAsync(network, Revocation, new VoteChecks());
        await clients.RequireEndAsync();
        await RequireRefusedAsync(network, [0, 1, 2, 3]);
        Assert.All(Enumerable.Range(0, 4), index => Assert.InRange(network[index].Ledger.Tip.Height, decided, decided + 2));
    }

    [Fact]
    public async Task Client_AgainstWhichVotesAreHeld_IsDroppedWhereNoBlockTakesThem()
    {
        if (!HasOpenSsl())
            return;
        await using var network = await StartAsync();
        await AdmitAsync(network);
        using var clients = await ConnectAsync(network, [0, 1]);
        var opened = await network.SubmitAsync(0, network.SignRevocation(0, Revocation, Node));
        await UntilAsync(() => Enumerable.Range(0, 4).All(index => network[index].Ledger.Tip.Height >= opened.Height), "all know the request");
        await network.StopNodeAsync(2);
        await network.StopNodeAsync(3);
        await network.AdmitApprovalAsync(0, Revocation);
        await network.AdmitApprovalAsync(1, Revocation);
        await clients.RequireEndAsync();
        await RequireRefusedAsync(network, [0, 1]);
        Assert.Equal((opened.Height, (Verdict?)Verdict.Open), (network[0].Ledger.Tip.Height, network.VerdictOf(0, Revocation)));
    }

    private async Task<SandboxNetwork> StartAsync()
    {
        var network = await SandboxNetwork.StartAsync(
            new NodeOptions
            {
                Home = folder.File("node"),
                Name = "members",
                Sandbox = true,
                GenesisSections = new Dictionary<string, JsonElement> { ["accounts"] = TestNode.Accounts(owner, other) },
            },
            validators: 4);
        await UntilAsync(() => Enumerable.Range(0, 4).All(index => network[index].Peers!.Connected.Count == 3), "all are connected");
        // A proof of possession names a block.
        owner.Node = network[0];
        var paid = await network.SubmitAsync(0, Ledger.Admission.Submission.Of(System.Text.Encoding.UTF8.GetBytes(owner.Transfer(other, owner.Account))));
        Assert.Equal("accepted", paid.Outcome?.Status);
        return network;
    }

    private async Task AdmitAsync(SandboxNetwork network)
    {
        var ledger = network[0].Ledger;
        Assert.True(ledger.TryReadBlock(ledger.Tip.Height, out var block));
        var der = certificate.Der.ToArray();
        var body = new NodeBody(
            Link, ledger.Genesis.Net, new BlockReference(block.Header.Height, block.Header.Randomness), Node, "Stranger Ltd", owner.Account, ["peer"], 1,
            Digest<Attachment>.Of(der), "ES256", new NodeKeySet(tls.PublicKey), "127.0.0.1:1", certificate.NotBefore.ToUnixTimeSeconds(),
            certificate.NotAfter.ToUnixTimeSeconds());
        var request = new NodeRequestMessage(body, NodePossession.Prove(NodePossession.DigestOf(body), tls));
        var asked = await network.SubmitAsync(0, network.Sign(0, "certificates.request", request, NodesJson.Instance.NodeRequestMessage, der));
        Assert.Equal("accepted", asked.Outcome?.Code ?? asked.Refusal?.Code ?? asked.Outcome?.Status);
        await ApproveAsync(network, Link, AllPass);
        await UntilAsync(() => Enumerable.Range(0, 4).All(index => network.VerdictOf(index, Link) == Verdict.Approved), "all know the decision");
    }

    /// <summary>Members of the committee approve until it is decided.</summary>
    /// <returns>The deciding vote's height.</returns>
    private static async Task<long> ApproveAsync(SandboxNetwork network, string request, VoteChecks checks)
    {
        Assert.True(network.TryGet(0, request, out var row));
        foreach (var voter in Enumerable.Range(0, 4).Where(index => row.Committee.Any(member => member.Account == network.IdentityOf(index).Account)))
        {
            await UntilAsync(() => network.TryGet(voter, request, out _), "the voter knows the request");
            var vote = await network.SubmitAsync(0, network.SignApproval(voter, request, checks));
            Assert.Equal("accepted", vote.Outcome?.Code ?? vote.Refusal?.Code ?? vote.Outcome?.Status);
            if (network.VerdictOf(0, request) == Verdict.Approved)
                return vote.Height;
        }
        throw new InvalidOperationException("The members did not decide.");
    }

    private async Task<Clients> ConnectAsync(SandboxNetwork network, int[] nodes)
    {
        var clients = new Clients([.. nodes.Select(index => Start(network, index))]);
        await clients.RequireWelcomeAsync();
        return clients;
    }

    private async Task RequireRefusedAsync(SandboxNetwork network, int[] nodes)
    {
        foreach (var index in nodes)
        {
            var refused = network[index].Peers!.Counters[PeerEvent.PeerNotAdmitted];
            using var client = Start(network, index);
            Assert.Equal(0, await client.StandardOutput.BaseStream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
            await client.WaitForExitAsync().WaitAsync(Patience);
            await UntilAsync(() => network[index].Peers!.Counters[PeerEvent.PeerNotAdmitted] > refused, "the node counts who was not admitted");
        }
    }

    private Process Start(SandboxNetwork network, int index) => StartOpenSsl(
        "s_client", "-connect", network.PeerEndpointOf(index).ToString(), "-tls1_3", "-alpn", "cf-peer/1", "-quiet",
        "-cert", folder.File("certificate.pem"), "-key", folder.File("key.pem"));

    private static Process StartOpenSsl(params IEnumerable<string> arguments)
    {
        var process = Process.Start(new ProcessStartInfo("openssl", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private bool HasOpenSsl()
    {
        try
        {
            using var process = StartOpenSsl("version");
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            output.WriteLine("Skipped: there is no openssl here.");
            return false;
        }
    }

    /// <summary>Sessions that show signs of life, as a node's would.</summary>
    private sealed class Clients : IDisposable
    {
        private readonly Process[] processes;
        private readonly Timer beating;

        public Clients(Process[] processes)
        {
            this.processes = processes;
            beating = new Timer(_ => Beat(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
        }

        public async Task RequireWelcomeAsync()
        {
            foreach (var client in processes)
            {
                var welcome = new byte[PeerFrame.HeaderBytes];
                await client.StandardOutput.BaseStream.ReadExactlyAsync(welcome).AsTask().WaitAsync(Patience);
                Assert.Equal(PeerFrame.Welcome.ToArray(), welcome);
            }
            // Longer than a node waits for a sign of life.
            await Task.Delay(TimeSpan.FromSeconds(4));
            Assert.All(processes, client => Assert.False(client.HasExited));
        }

        public async Task RequireEndAsync()
        {
            foreach (var client in processes)
                await client.WaitForExitAsync().WaitAsync(Patience);
        }

        public void Dispose()
        {
            beating.Dispose();
            foreach (var client in processes)
            {
                if (!client.HasExited)
                    client.Kill();
                client.Dispose();
            }
        }

        private void Beat()
        {
            foreach (var client in processes)
            {
                try
                {
                    client.StandardInput.BaseStream.Write(PeerFrame.Beat);
                    client.StandardInput.BaseStream.Flush();
                }
                catch (Exception fault) when (fault is IOException or ObjectDisposedException or InvalidOperationException)
                {
                    // It has ended, which is what the test waits for.
                }
            }
        }
    }
}
