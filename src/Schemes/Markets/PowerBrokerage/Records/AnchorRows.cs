using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>Reads a node's answer about an anchor into the row that it claims is in the state; what it claims is proved elsewhere.</summary>
internal static class AnchorRows
{
    /// <exception cref="NodeFaultException">The answer has not the form of one.</exception>
    public static AnchorRow Read(JsonElement json)
    {
        try
        {
            return new AnchorRow(
                json.GetProperty("version").GetInt64(),
                Digest<RecordVersion>.Parse(json.GetProperty("digest").GetString()!),
                json.TryGetProperty("ciphertext", out var ciphertext) && ciphertext.ValueKind == JsonValueKind.String
                    ? Digest<Attachment>.Parse(ciphertext.GetString()!) : default,
                json.TryGetProperty("ciphertext_bytes", out var length) && length.ValueKind == JsonValueKind.Number ? length.GetUInt32() : 0,
                [.. json.GetProperty("signers").EnumerateArray().Select(signer => new AnchorSigner(
                    AccountId.Parse(signer.GetProperty("account").GetString()!),
                    Digest<PublicKey>.Parse(signer.GetProperty("kid").GetString()!)))],
                json.GetProperty("height").GetInt64(),
                new Timestamp(json.GetProperty("time").GetInt64()));
        }
        catch (Exception fault) when (fault is KeyNotFoundException or FormatException or InvalidOperationException or ArgumentException)
        {
            throw new NodeFaultException("The node's answer about an anchor has not the form of one.", fault);
        }
    }
}
