using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>What the roles of one market operator are configured with: each other's accounts, and how the wrapper is started.</summary>
internal sealed class MarketOrganisation(IReadOnlyList<string> wrapperCommand, string modulePath = OpeningWrapper.DefaultModulePath)
{
    private Genesis? genesis;

    /// <summary>The program and leading arguments that start the opening wrapper.</summary>
    public IReadOnlyList<string> WrapperCommand { get; } = wrapperCommand;

    /// <summary>The PKCS#11 library of the token with the session keys.</summary>
    public string ModulePath { get; } = modulePath;

    /// <summary>True if that library is installed.</summary>
    public bool HasToken => File.Exists(ModulePath);

    /// <summary>
    /// Where session keys are kept: in a token, and on a sandbox in files where no token is to be had, so that it can be tried without one. What the market
    /// operator tells of itself says which.
    /// </summary>
    public OpeningCustody CustodyOn(Genesis ledger) => ledger.IsSandbox && !HasToken ? OpeningCustody.File : OpeningCustody.Token;

    /// <summary>The trading server's account; set when the role is mapped.</summary>
    public AccountId TradingServer { get; set; }

    /// <summary>The clearing engine's account; set when the role is mapped.</summary>
    public AccountId Engine { get; set; }

    /// <summary>The ledger's beginning, read once from the node.</summary>
    public async Task<Genesis> GenesisAsync(RoleContext context, CancellationToken cancellation) =>
        genesis ??= await context.Party.Node.GetGenesisAsync(cancellation).ConfigureAwait(false);

    /// <summary>True for the account of a validator, who operates the node, and so this market's machines.</summary>
    public async Task<bool> IsOperatorAsync(RoleContext context, AccountId account, CancellationToken cancellation) =>
        (await GenesisAsync(context, cancellation).ConfigureAwait(false)).Document.Validators.Any(validator => validator.Account == account);
}

/// <summary>Small documents between parties: compact JWE to one of them.</summary>
internal static class Envelopes
{
    public static string Seal(ReadOnlySpan<byte> content, PublicKey to) => Jwe.EncryptCompact(content, new RecipientKey(to));

    public static byte[]? Open(string jwe, IAgreementKey key) =>
        Jwe.ParseCompact(Encoding.ASCII.GetBytes(jwe), new JweExpectation { MaximumBytes = 512 * 1024 }).TryGet(out var document) && Jwe.Decrypt(document, key).TryGet(out var content)
            ? content : null;

    public static byte[]? Open(ReadOnlyMemory<byte> jwe, IAgreementKey key) =>
        Jwe.ParseCompact(jwe, new JweExpectation { MaximumBytes = 512 * 1024 }).TryGet(out var document) && Jwe.Decrypt(document, key).TryGet(out var content) ? content : null;

    public static Digest<T> NewId<T>() => new(RandomNumberGenerator.GetBytes(32));
}
