using System.CommandLine;
using Counterfoil.Client;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Cli;

/// <summary><c>vault get</c>: fetches a document of a node's vault as a reader that it lists, and opens it where the reader's encryption key is named.</summary>
internal sealed class VaultGetCommand : CliCommand
{
    private readonly Argument<string> digest = new("DIGEST") { Description = "The document: 64 hexadecimal digits" };
    private readonly Option<string> salt = new("--salt") { Description = "The salt under which the reader is listed, base64url", HelpName = "SALT", Required = true };
    private readonly Option<string> key = new("--key") { Description = "The reader's signing key in the key store", HelpName = "NAME", Required = true };
    private readonly Option<string?> decrypt = new("--decrypt") { Description = "The reader's encryption key; the document is opened by it", HelpName = "NAME" };
    private readonly Option<FileInfo?> file = new("--output", "-o") { Description = "The file to write (default: standard output)", HelpName = "FILE" };
    private readonly Option<Uri?> node = CommonOptions.Node();
    private readonly Option<DirectoryInfo?> store = KeyFolder.Option();
    private readonly PassphraseOptions passphrase = new();

    public VaultGetCommand()
        : base("get", "Fetch a document as one of its readers")
    {
        Arguments.Add(digest);
        Options.Add(salt);
        Options.Add(key);
        Options.Add(decrypt);
        Options.Add(file);
        Options.Add(node);
        Options.Add(store);
        passphrase.AddTo(this);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        if (!Digest<Attachment>.TryParse(parsed.GetRequiredValue(digest), out var document))
            throw new CliException("usage", "A document's digest is 64 lower-case hexadecimal digits.");
        if (!Base64Url.TryDecode(parsed.GetRequiredValue(salt), out var readerSalt))
            throw new CliException("usage", "A salt is base64url without padding.");
        using var keys = FileKeyStore.Open(KeyFolder.Of(parsed.GetValue(store)), passphrase.Resolve(parsed));
        using var reader = keys.OpenSigning(parsed.GetRequiredValue(key));
        var signature = new HttpSignatureOptions
        {
            Key = reader,
            Components = [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.Of(NodeClient.ReaderSaltField)],
        };
        var address = parsed.GetValue(node) ?? new Uri(CommonOptions.DefaultUrl);
        using var http = LoopbackHttp.CreateClient(address, inner => new HttpSignatureHandler(signature, inner));
        using var client = new NodeClient(http);
        var content = (await client.GetDocumentAsync(document, readerSalt, reader.PublicKey, cancellation).ConfigureAwait(false)).Value;
        if (Digest<Attachment>.Of(content) != document)
            throw new CliException("digest_mismatch", "What the node gave is not the document that was asked for.");
        if (parsed.GetValue(decrypt) is { } name)
            content = Open(keys, name, content);
        if (parsed.GetValue(file) is { } target)
            await File.WriteAllBytesAsync(target.FullName, content, cancellation).ConfigureAwait(false);
        if (terminal.IsJson)
            terminal.WriteJson(new
            {
                digest = document.ToString(),
                size = content.Length,
                opened = parsed.GetValue(decrypt) is not null,
                file = parsed.GetValue(file)?.FullName,
                content = parsed.GetValue(file) is null ? Base64Url.Encode(content) : null,
            });
        else if (parsed.GetValue(file) is { } written)
            terminal.WriteLine($"Wrote {Terminal.Number(content.Length)} bytes to {written.FullName}");
        else
            terminal.WriteRaw(System.Text.Encoding.UTF8.GetString(content));
        return Succeeded;
    }

    private static byte[] Open(FileKeyStore keys, string name, byte[] sealedDocument)
    {
        using var key = keys.OpenAgreement(name);
        var document = sealedDocument is [(byte)'{', ..] ? Jwe.ParseJson(sealedDocument) : Jwe.ParseCompact(sealedDocument);
        if (!document.TryGet(out var jwe))
            throw new CliException(document.Refusal!, "The document is no JWE that is read here.");
        var opened = Jwe.Decrypt(jwe, key);
        return opened.TryGet(out var content) ? content : throw new CliException(opened.Refusal!, $"The key {name} does not open the document.");
    }
}
