using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client;

/// <summary>What a party is made from.</summary>
public sealed record PartyOptions
{
    /// <summary>The party's name in diagrams and records.</summary>
    public required string Name { get; init; }

    /// <summary>Its keys; the party disposes the store. Missing keys <c>sign</c> and <c>encrypt</c> are made.</summary>
    public required IKeyStore Keys { get; init; }

    /// <summary>The node.</summary>
    public required Uri Node { get; init; }

    /// <summary>The ledger. Whoever takes it from the node trusts the node for it.</summary>
    public required Digest<Net> Net { get; init; }

    /// <summary>The clock that the party dates its transactions by.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The account, where its first key is another than <c>sign</c>; unset by default.</summary>
    public AccountId Account { get; init; }

    /// <summary>The name of the signing key.</summary>
    public string SigningKeyName { get; init; } = "sign";

    /// <summary>The name of the key agreement key.</summary>
    public string AgreementKeyName { get; init; } = "encrypt";

    /// <summary>How long a transaction may execute, 1 to 120 s on a ledger with default parameters; 60 s by default.</summary>
    public TimeSpan Validity { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Puts handlers in front of those that send (recording); none by default.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler>? Wrap { get; init; }
}

/// <summary>
/// A participant: a name, a key store of its own, an account, and HTTP clients of its own. It signs transactions by its signing key and opens documents
/// by its encryption key; requests that are not transactions carry HTTP message signatures. Safe for concurrent use.
/// </summary>
public sealed class Party : IDisposable
{
    private readonly PartyOptions options;
    private readonly HttpClient plainHttp;
    private readonly Lazy<NodeClient> readerNode;

    /// <summary>Opens the party's keys, making those that are missing.</summary>
    /// <exception cref="KeyStoreException">The store cannot be used.</exception>
    public Party(PartyOptions options)
    {
        this.options = options;
        var known = options.Keys.List();
        SigningKey = options.Keys.OpenSigning(Ensure(known, options.SigningKeyName, KeyUsage.Sign));
        AgreementKey = options.Keys.OpenAgreement(Ensure(known, options.AgreementKeyName, KeyUsage.Agree));
        Account = options.Account.IsUnset ? AccountId.Of(SigningKey.PublicKey) : options.Account;
        plainHttp = LoopbackHttp.CreateClient(options.Node, options.Wrap);
        Node = new NodeClient(plainHttp);
        readerNode = new Lazy<NodeClient>(OpenReader);
    }

    /// <summary>The name.</summary>
    public string Name => options.Name;

    /// <summary>The key store.</summary>
    public IKeyStore Keys => options.Keys;

    /// <summary>The key that signs transactions, records and requests.</summary>
    public ISigningKey SigningKey { get; }

    /// <summary>The key that documents for this party are encrypted to.</summary>
    public IAgreementKey AgreementKey { get; }

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>The node, over this party's own connections.</summary>
    public NodeClient Node { get; }

    /// <summary>The ledger.</summary>
    public Digest<Net> Net => options.Net;

    /// <summary>The clock.</summary>
    public TimeProvider Clock => options.Clock;

    /// <summary>Drafts an order of this party.</summary>
    /// <param name="action"><c>contract.action</c>.</param>
    /// <param name="argument">The action's JSON object, UTF-8.</param>
    /// <param name="coSigners">The accounts that must sign besides.</param>
    public TransactionDraft Draft(string action, ReadOnlySpan<byte> argument, IReadOnlyList<AccountId>? coSigners = null) =>
        TransactionDraft.Create(options.Net, Account, action, argument, Timestamp.From(options.Clock.GetUtcNow()), options.Validity, coSigners);

    /// <summary>Drafts an order of this party from a message.</summary>
    public TransactionDraft Draft<TMessage>(
        string action, TMessage message, JsonTypeInfo<TMessage> format, IReadOnlyList<AccountId>? coSigners = null) =>
        Draft(action, JsonSerializer.SerializeToUtf8Bytes(message, format), coSigners);

    /// <summary>Signs a draft that only this party signs.</summary>
    /// <param name="draft">The draft.</param>
    /// <param name="opensAccount">True if this party's account does not exist yet.</param>
    public byte[] Sign(TransactionDraft draft, bool opensAccount = false) => TransactionSigner.Sign(draft, SigningKey, opensAccount);

    /// <summary>This party's signature of a draft that several sign.</summary>
    /// <param name="draft">The draft.</param>
    /// <param name="opensAccount">True if this party's account does not exist yet.</param>
    public JwsSignature SignPart(TransactionDraft draft, bool opensAccount = false) =>
        TransactionSigner.SignPart(draft, SigningKey, opensAccount);

    /// <summary>Signs an order, submits it and waits until it is refused or final.</summary>
    public Task<SubmissionAnswer> SubmitAsync<TMessage>(
        string action, TMessage message, JsonTypeInfo<TMessage> format, IReadOnlyList<AttachmentContent>? attachments = null,
        CancellationToken cancellation = default) =>
        SubmitAsync(Sign(Draft(action, message, format)), attachments, cancellation);

    /// <summary>Signs an order given as JSON, submits it and waits until it is refused or final.</summary>
    public Task<SubmissionAnswer> SubmitAsync(
        string action, string argument, IReadOnlyList<AttachmentContent>? attachments = null, CancellationToken cancellation = default) =>
        SubmitAsync(Sign(Draft(action, System.Text.Encoding.UTF8.GetBytes(argument))), attachments, cancellation);

    /// <summary>Submits signed bytes and waits until they are refused or final.</summary>
    public async Task<SubmissionAnswer> SubmitAsync(
        ReadOnlyMemory<byte> transaction, IReadOnlyList<AttachmentContent>? attachments = null, CancellationToken cancellation = default) =>
        (await Node.SubmitAsync([new Submission(transaction, attachments ?? [])], cancellation).ConfigureAwait(false))[0];

    /// <summary>
    /// An HTTP client of this party whose requests carry its HTTP message signature over method, target and content digest. The caller disposes it.
    /// <b>Source:</b> RFC 9421, RFC 9530.
    /// </summary>
    /// <param name="address">The base address.</param>
    /// <param name="configure">Changes the options (what is covered, what answers must carry); none by default.</param>
    public HttpClient CreateSignedHttp(Uri address, Func<HttpSignatureOptions, HttpSignatureOptions>? configure = null)
    {
        var signature = new HttpSignatureOptions { Key = SigningKey, KeyId = RequestKeyId, Clock = options.Clock };
        signature = configure is null ? signature : configure(signature);
        // The recorder is nearest to the line: it sees what is sent, signature and all.
        return LoopbackHttp.CreateClient(address, inner => new HttpSignatureHandler(signature, options.Wrap is null ? inner : options.Wrap(inner)));
    }

    /// <summary>An HTTP client of this party without signatures. The caller disposes it.</summary>
    public HttpClient CreateHttp(Uri address) => LoopbackHttp.CreateClient(address, options.Wrap);

    /// <summary>Opens this party's account on a sponsor's quota: both sign one transaction.</summary>
    /// <param name="sponsor">A party whose account is open.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<SubmissionAnswer> OpenAccountAsync(Party sponsor, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(sponsor);
        var draft = sponsor.Draft("accounts.open", "{}"u8, [Account]);
        var signed = TransactionSigner.Assemble(draft, [sponsor.SignPart(draft), SignPart(draft, opensAccount: true)]);
        return SubmitAsync(signed, null, cancellation);
    }

    /// <summary>A document of the node's vault that names this party as a reader: a JWE, still sealed. Refused as <c>forbidden</c> where absent too.</summary>
    /// <param name="digest">The document.</param>
    /// <param name="salt">The salt under which this party stands on the document's list, 32 bytes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<NodeResult<byte[]>> GetDocumentAsync(
        Digest<Attachment> digest, ReadOnlyMemory<byte> salt, CancellationToken cancellation = default)
    {
        return await readerNode.Value.GetDocumentAsync(digest, salt, SigningKey.PublicKey, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (readerNode.IsValueCreated)
            readerNode.Value.Dispose();
        Node.Dispose();
        plainHttp.Dispose();
        SigningKey.Dispose();
        AgreementKey.Dispose();
        options.Keys.Dispose();
    }

    /// <summary>A node finds a key by its account: the thumbprint alone is enough where it is the account's first.</summary>
    private string RequestKeyId =>
        AccountId.Of(SigningKey.PublicKey) == Account ? SigningKey.PublicKey.ToString() : $"{Account}.{SigningKey.PublicKey}";

    private NodeClient OpenReader() => new(
        CreateSignedHttp(options.Node, signature => signature with
        {
            Components = [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.Of(NodeClient.ReaderSaltField)],
        }),
        ownsHttp: true);

    private string Ensure(IReadOnlyList<KeyInfo> known, string name, KeyUsage usage) =>
        known.Any(key => key.Name == name) ? name : options.Keys.Create(name, usage).Name;
}
