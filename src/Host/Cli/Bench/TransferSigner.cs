using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>
/// Signs transfers of one account as fast as a client can: the parts that never change are made once, by the product's own writer. One thread at a time.
/// </summary>
internal sealed class TransferSigner : IDisposable
{
    private const int SignatureBytes = 64;
    private const int MaximumPayloadBytes = 768;

    // A jti that is put in the place of this one, of the same length.
    private const string JtiPlace = "jjjjjjjjjjjjjjjjjjjjjj";
    private const string ToPlace = "tttttttttttttttttttttttttttttttttttttttttttttt";

    private readonly ECDsa key;
    private readonly byte[] header;
    private readonly byte[][] parts;
    private readonly Random random;
    private readonly byte[] signature = new byte[SignatureBytes];

    public TransferSigner(byte[] secret, TransferTerms terms, Random random)
    {
        this.random = random;
        using var own = EphemeralSigningKey.Import(secret);
        Account = AccountId.Of(own.PublicKey);
        AccountText = Encoding.ASCII.GetBytes(Account.ToString());
        key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
        var argument = $$$"""{"to":"{{{ToPlace}}}","amount":{"asset":"{{{terms.Asset}}}","units":"1"}}""";
        var draft = TransactionDraft.Create(
            terms.Net, Account, "accounts.transfer", Encoding.ASCII.GetBytes(argument), Timestamp.FromSeconds(0), TimeSpan.Zero, jti: JtiPlace);
        var payload = Encoding.ASCII.GetString(draft.Payload.Span);
        parts = [.. payload.Split([JtiPlace, "\"iat\":0,\"exp\":0", ToPlace], StringSplitOptions.None).Select(Encoding.ASCII.GetBytes)];
        if (parts.Length != 4)
            throw new InvalidOperationException("The payload of a transfer has another form than the measurement knows.");
        var example = TransactionSigner.Sign(draft, own);
        header = example[..(Array.IndexOf(example, (byte)'.') + 1)];
    }

    public AccountId Account { get; }

    /// <summary>The account in ASCII.</summary>
    public byte[] AccountText { get; }

    /// <summary>Writes a signed transfer of one unit, compact JWS.</summary>
    /// <param name="to">The account that gets it, 43 ASCII characters.</param>
    /// <param name="issuedSeconds"><c>iat</c>.</param>
    /// <param name="validitySeconds">After which it expires.</param>
    /// <param name="output">Takes the bytes.</param>
    public void Sign(ReadOnlySpan<byte> to, long issuedSeconds, int validitySeconds, IBufferWriter<byte> output)
    {
        Span<byte> payload = stackalloc byte[MaximumPayloadBytes];
        var length = 0;
        Append(payload, ref length, parts[0]);
        // Unique for the issuer: 128 random bits.
        Span<byte> jti = stackalloc byte[16];
        random.NextBytes(jti);
        Base64Url.EncodeToUtf8(jti, payload[length..], out _, out var jtiLength);
        length += jtiLength;
        Append(payload, ref length, parts[1]);
        Append(payload, ref length, "\"iat\":"u8);
        Append(payload, ref length, issuedSeconds);
        Append(payload, ref length, ",\"exp\":"u8);
        Append(payload, ref length, issuedSeconds + validitySeconds);
        Append(payload, ref length, parts[2]);
        Append(payload, ref length, to);
        Append(payload, ref length, parts[3]);

        var signed = output.GetSpan(header.Length + Base64Url.GetEncodedLength(length) + 1 + Base64Url.GetEncodedLength(SignatureBytes));
        header.CopyTo(signed);
        Base64Url.EncodeToUtf8(payload[..length], signed[header.Length..], out _, out var payloadLength);
        var end = header.Length + payloadLength;
        if (!key.TrySignData(signed[..end], signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation, out _))
            throw new InvalidOperationException("A signature of another size.");
        signed[end++] = (byte)'.';
        Base64Url.EncodeToUtf8(signature, signed[end..], out _, out var signatureLength);
        output.Advance(end + signatureLength);
    }

    public void Dispose() => key.Dispose();

    private static void Append(Span<byte> payload, ref int length, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(payload[length..]);
        length += bytes.Length;
    }

    private static void Append(Span<byte> payload, ref int length, long number)
    {
        _ = number.TryFormat(payload[length..], out var written, provider: CultureInfo.InvariantCulture);
        length += written;
    }
}

/// <summary>What all transfers of a measurement have in common.</summary>
internal sealed record TransferTerms(Cryptography.Digest<Net> Net, string Asset);
