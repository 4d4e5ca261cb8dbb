using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.Transactions;

/// <summary>
/// A transaction before it is signed: what its signers agree on. The payload's bytes are made once, so that several signers sign the same.
/// <b>Source:</b> kernel.md section 1.
/// </summary>
public sealed class TransactionDraft
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private TransactionDraft(byte[] payload, AccountId issuer, IReadOnlyList<AccountId> signers, long expiresSeconds)
    {
        Payload = payload;
        Issuer = issuer;
        Signers = signers;
        ExpiresSeconds = expiresSeconds;
        Id = TransactionParser.IdOf(System.Text.Encoding.ASCII.GetBytes(Base64Url.Encode(payload)));
    }

    /// <summary>The exact bytes to be signed.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The account that issues the order.</summary>
    public AccountId Issuer { get; }

    /// <summary>All accounts that must sign.</summary>
    public IReadOnlyList<AccountId> Signers { get; }

    /// <summary><c>exp</c>, Unix seconds UTC: no block of this time or later executes it.</summary>
    public long ExpiresSeconds { get; }

    /// <summary>The id that the transaction will have, whoever signs.</summary>
    public Digest<Transaction> Id { get; }

    /// <summary>Makes the payload of an order.</summary>
    /// <param name="net">The ledger that it is for.</param>
    /// <param name="issuer">The account that issues it.</param>
    /// <param name="action"><c>contract.action</c>.</param>
    /// <param name="argument">The JSON object of the action, as UTF-8; written as it is.</param>
    /// <param name="issuedAt">The issuer's time; cut to whole seconds.</param>
    /// <param name="validity">How long it may execute, in whole seconds; the ledger's parameter bounds it (120 s by default).</param>
    /// <param name="coSigners">The accounts that must sign besides the issuer, at most 7; none by default.</param>
    /// <param name="jti">Unique for the issuer, 1 to 64 of A-Z a-z 0-9 - . _ ~; 128 random bits by default.</param>
    /// <exception cref="ArgumentException">The argument is no JSON object, or there are too many signers.</exception>
    public static TransactionDraft Create(
        Digest<Net> net, AccountId issuer, string action, ReadOnlySpan<byte> argument, Timestamp issuedAt, TimeSpan validity,
        IReadOnlyList<AccountId>? coSigners = null, string? jti = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(action);
        if (argument.Length < 2 || argument[0] != (byte)'{' || argument[^1] != (byte)'}')
            throw new ArgumentException("The argument of an action is a JSON object without white space around it.", nameof(argument));
        AccountId[] signers = [issuer, .. coSigners ?? []];
        if (signers.Length > TransactionParser.MaximumSigners || signers.Distinct().Count() != signers.Length)
            throw new ArgumentException($"At most {TransactionParser.MaximumSigners} different accounts sign a transaction.", nameof(coSigners));
        var expires = issuedAt.UnixSeconds + (long)validity.TotalSeconds;
        var buffer = new ArrayBufferWriter<byte>(argument.Length + 320);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("net"u8, net.ToString());
            writer.WriteString("iss"u8, issuer.ToString());
            if (signers.Length > 1)
            {
                writer.WriteStartArray("by"u8);
                foreach (var signer in signers)
                    writer.WriteStringValue(signer.ToString());
                writer.WriteEndArray();
            }
            writer.WriteString("jti"u8, jti ?? Base64Url.Encode(RandomNumberGenerator.GetBytes(16)));
            writer.WriteNumber("iat"u8, issuedAt.UnixSeconds);
            writer.WriteNumber("exp"u8, expires);
            writer.WriteString("act"u8, action);
            writer.WritePropertyName("arg"u8);
            writer.WriteRawValue(argument);
            writer.WriteEndObject();
        }
        return new TransactionDraft(buffer.WrittenSpan.ToArray(), issuer, signers, expires);
    }
}
