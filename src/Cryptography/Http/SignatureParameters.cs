namespace Counterfoil.Cryptography.Http;

/// <summary>
/// What a signature covers and its parameters: the value of <c>@signature-params</c>, kept in the order in
/// which it came. <b>Source:</b> RFC 9421 section 2.3.
/// </summary>
public sealed class SignatureParameters
{
    /// <summary>The most components that one signature covers.</summary>
    public const int MaximumComponents = 64;

    private SignatureParameters(StructuredInnerList list) => List = list;

    /// <summary>Parameters of a new signature, in the standard's usual order.</summary>
    /// <param name="components">What is covered, from <see cref="SignatureComponents"/>.</param>
    /// <param name="created">When it is made; whole seconds.</param>
    /// <param name="expires">When it ends; whole seconds; null for no end of its own.</param>
    /// <param name="keyId">The key's name to its verifier.</param>
    /// <param name="algorithm">A name of <see cref="SignatureAlgorithms"/>; null leaves it to the key.</param>
    /// <param name="nonce">A value used once.</param>
    /// <param name="tag">The application that the signature is for.</param>
    public SignatureParameters(
        IReadOnlyList<StructuredItem> components, DateTimeOffset? created = null, DateTimeOffset? expires = null,
        string? keyId = null, string? algorithm = null, string? nonce = null, string? tag = null)
    {
        var parameters = new List<KeyValuePair<string, BareItem>>();
        if (created is { } from)
            parameters.Add(new("created", new BareItem.Integer(from.ToUnixTimeSeconds())));
        if (expires is { } until)
            parameters.Add(new("expires", new BareItem.Integer(until.ToUnixTimeSeconds())));
        AddText("keyid", keyId);
        AddText("alg", algorithm);
        AddText("nonce", nonce);
        AddText("tag", tag);
        List = new StructuredInnerList(components, new StructuredParameters(parameters));

        void AddText(string name, string? value)
        {
            if (value is null)
                return;
            if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                throw new ArgumentException($"'{name}' must be printable ASCII.");
            parameters.Add(new(name, new BareItem.Text(value)));
        }
    }

    /// <summary>The covered components in their order.</summary>
    public IReadOnlyList<StructuredItem> Components => List.Items;

    /// <summary>When the signature was made, seconds since 1970; null if it does not say.</summary>
    public long? Created => (List.Parameters["created"] as BareItem.Integer)?.Value;

    /// <summary>When the signature ends, seconds since 1970; null if it does not say.</summary>
    public long? Expires => (List.Parameters["expires"] as BareItem.Integer)?.Value;

    /// <summary>The key's name; null if it does not say.</summary>
    public string? KeyId => TextOf("keyid");

    /// <summary>The algorithm's name; null if it does not say.</summary>
    public string? Algorithm => TextOf("alg");

    /// <summary>The value used once; null if there is none.</summary>
    public string? Nonce => TextOf("nonce");

    /// <summary>The application that the signature is for; null if it does not say.</summary>
    public string? Tag => TextOf("tag");

    internal StructuredInnerList List { get; }

    /// <summary>The parameters of one member of Signature-Input.</summary>
    /// <returns>Refused as <c>malformed_signature</c> if a known parameter has another type, or there are too many components.</returns>
    public static HttpResult<SignatureParameters> Of(StructuredMember member)
    {
        if (member is not StructuredInnerList list || list.Items.Count > MaximumComponents
            || list.Items.Any(item => item.Value is not BareItem.Text))
            return HttpRefusal.MalformedSignature;
        foreach (var (name, value) in list.Parameters.Entries)
        {
            var fits = name switch
            {
                "created" or "expires" => value is BareItem.Integer { Value: >= 0 },
                "keyid" or "alg" or "nonce" or "tag" => value is BareItem.Text,
                _ => true,
            };
            if (!fits)
                return HttpRefusal.MalformedSignature;
        }
        return new SignatureParameters(list);
    }

    /// <summary>The canonical text.</summary>
    public override string ToString() => List.ToString();

    private string? TextOf(string name) => (List.Parameters[name] as BareItem.Text)?.Value;
}

/// <summary>Names of signature algorithms. <b>Source:</b> RFC 9421 section 6.2.2.</summary>
public static class SignatureAlgorithms
{
    /// <summary>ECDSA on P-256 with SHA-256: offered.</summary>
    public const string EcdsaP256Sha256 = "ecdsa-p256-sha256";

    /// <summary>HMAC with SHA-256: offered.</summary>
    public const string HmacSha256 = "hmac-sha256";

    /// <summary>
    /// True for the two that are offered; every other name is refused as <c>unsupported_algorithm</c>.
    /// </summary>
    public static bool IsOffered(string name) => name is EcdsaP256Sha256 or HmacSha256;
}
