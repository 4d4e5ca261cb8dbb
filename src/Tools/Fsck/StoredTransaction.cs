using System.Buffers;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Tools;

/// <summary>One signature of a transaction.</summary>
/// <param name="KeyId">The thumbprint of the key.</param>
/// <param name="OpeningKey"><c>jwk</c>, or unset.</param>
/// <param name="SigningInput">What is signed.</param>
/// <param name="Value">64 bytes.</param>
internal sealed record StoredSignature(Hash KeyId, PublicKey OpeningKey, byte[] SigningInput, byte[] Value);

/// <summary>A transaction of a block, parsed strictly; signatures are not verified here.</summary>
internal sealed record StoredTransaction(
    Hash Id, Hash Net, Hash Issuer, IReadOnlyList<Hash> By, Hash ReplayKey, long IssuedAt, long Expires, string Action, JsonElement Argument,
    IReadOnlyList<StoredSignature> Signatures)
{
    private const int LargestTransaction = 256 * 1024;
    private const int MostSigners = 8;
    private const long LastSecond = 253_402_300_799;
    private static readonly SearchValues<char> JtiAlphabet = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");
    private static readonly SearchValues<char> ActionAlphabet = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyz0123456789_.");

    /// <summary>Reads the signed bytes; null if they have not the exact form.</summary>
    public static StoredTransaction? Read(byte[] bytes)
    {
        if (bytes.Length is 0 or > LargestTransaction)
            return null;
        var (payload, parts) = bytes[0] == (byte)'{' ? CutGeneral(bytes) : CutCompact(bytes);
        var signatures = new List<StoredSignature>(parts.Count);
        foreach (var (header, value) in parts)
        {
            if (ReadSignature(header, payload, value) is not { } signature
                || signatures.Exists(other => other.KeyId == signature.KeyId))
                return null;
            signatures.Add(signature);
        }
        return signatures.Count == 0 ? null : ReadPayload(payload, signatures);
    }

    private static (string Payload, List<(string Header, string Value)> Parts) CutCompact(byte[] bytes)
    {
        var parts = Encoding.Latin1.GetString(bytes).Split('.');
        return parts.Length == 3 ? (parts[1], [(parts[0], parts[2])]) : ("", []);
    }

    private static (string Payload, List<(string Header, string Value)> Parts) CutGeneral(byte[] bytes)
    {
        if (!StrictJson.TryParseObject(bytes, out var document, LargestTransaction))
            return ("", []);
        var members = new StrictMembers(document);
        var payload = members.AnyText("payload");
        var parts = new List<(string, string)>();
        var isExact = true;
        foreach (var element in members.Array("signatures"))
        {
            var signature = new StrictMembers(element);
            parts.Add((signature.AnyText("protected"), signature.AnyText("signature")));
            isExact &= signature.AreExact;
        }
        return isExact && members.AreExact && parts.Count is >= 2 and <= MostSigners ? (payload, parts)
            : ("", []);
    }

    private static StoredSignature? ReadSignature(string header, string payload, string value)
    {
        if (!Base64Url.TryDecode(header, out var json) || !Base64Url.TryDecode(value, out var signature)
            || signature.Length != 64
            || !StrictJson.TryParseObject(json, out var document))
            return null;
        var members = new StrictMembers(document);
        var isKnown = members.AnyText("alg") == "ES256" && members.AnyText("typ") == "cf+jws";
        isKnown &= StrictMembers.TryAccount(members.Text("kid"), out var keyId);
        PublicKey openingKey = default;
        if (members.Optional("jwk") is { } jwk)
            isKnown &= StrictMembers.TryKey(jwk, out openingKey);
        var signingInput = Encoding.ASCII.GetBytes($"{header}.{payload}");
        return isKnown && members.AreExact
            ? new StoredSignature(keyId, openingKey, signingInput, signature)
            : null;
    }

    private static StoredTransaction? ReadPayload(string payload, List<StoredSignature> signatures)
    {
        if (!Base64Url.TryDecode(payload, out var json) || !StrictJson.TryParseObject(json, out var document))
            return null;
        var members = new StrictMembers(document);
        var (net, issuer, jti) = (members.Hash("net"), members.Account("iss"), members.Text("jti"));
        var (issuedAt, expires) = (members.Integer("iat", 0, LastSecond), members.Integer(
            "exp", 0, LastSecond));
        var (action, argument) = (members.Text("act"), members.Element("arg"));
        var by = ReadSigners(members, issuer);
        var isWhole = members.AreExact && by is not null && by.Count == signatures.Count
            && argument.ValueKind == JsonValueKind.Object
            && jti.Length is > 0 and <= 64 && !jti.AsSpan().ContainsAnyExcept(JtiAlphabet)
            && action.Length is > 2 and <= 80 && !action.AsSpan().ContainsAnyExcept(ActionAlphabet)
            && action.Contains('.', StringComparison.Ordinal);
        return isWhole
            ? new StoredTransaction(
                Hash.Of("cf-tx\0"u8, Encoding.ASCII.GetBytes(payload)), net, issuer, by!, Hash.Of(issuer.ToArray(), Encoding.ASCII.GetBytes(jti)), issuedAt, expires,
                action, argument, signatures)
            : null;
    }

    private static List<Hash>? ReadSigners(StrictMembers members, Hash issuer)
    {
        if (members.Optional("by") is not { } by)
            return [issuer];
        if (by.ValueKind != JsonValueKind.Array || by.GetArrayLength() is 0 or > MostSigners)
            return null;
        var signers = new List<Hash>();
        foreach (var element in by.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.String
                || !StrictMembers.TryAccount(element.GetString(), out var account)
                || signers.Contains(account))
                return null;
            signers.Add(account);
        }
        return signers.Contains(issuer) ? signers : null;
    }
}
