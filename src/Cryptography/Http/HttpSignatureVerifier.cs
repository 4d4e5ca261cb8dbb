using System.Text;

namespace Counterfoil.Cryptography.Http;

/// <summary>Verifies message signatures under a policy. <b>Source:</b> RFC 9421 section 3.2.</summary>
public static class HttpSignatureVerifier
{
    /// <summary>
    /// Verifies the signature of a message that the policy means. The content itself is not looked at:
    /// compare it with the covered Content-Digest by <see cref="DigestFields"/>.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="policy">What is required.</param>
    /// <param name="resolveKey">The key of a name, or null for an unknown name; asked with null where the signature names none.</param>
    /// <param name="now">The verifier's time.</param>
    /// <param name="fieldKinds">As in <see cref="SignatureBase.Of"/>.</param>
    /// <returns>
    /// Refused, in this order, as <c>missing_signature</c>, <c>malformed_signature</c>,
    /// <c>ambiguous_signature</c>, <c>uncovered_component</c>, <c>missing_parameter</c>,
    /// <c>not_yet_valid</c>, <c>expired</c>, <c>unknown_key</c>, <c>unsupported_algorithm</c>,
    /// <c>algorithm_mismatch</c>, as <see cref="SignatureBase.Of"/> says, <c>invalid_signature</c>,
    /// <c>replayed</c>.
    /// </returns>
    public static HttpResult<HttpSignature> Verify(
        HttpMessage message, SignaturePolicy policy, Func<string?, HttpVerificationKey?> resolveKey, DateTimeOffset now,
        IReadOnlyDictionary<string, StructuredFieldKind>? fieldKinds = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(resolveKey);

        // 1, 2: parse both fields, find the signature.
        if (!Select(message, policy).TryGet(out var selected, out var refusal))
            return refusal;
        var (label, parameters, signature) = (selected.Label, selected.Parameters, selected.Signature);

        // 3: what the application requires.
        var covered = parameters.Components.Select(SignatureComponents.Identity).ToHashSet(StringComparer.Ordinal);
        if (policy.RequiredComponents.Any(component => !covered.Contains(SignatureComponents.Identity(component))))
            return HttpRefusal.UncoveredComponent;
        if (CheckTimes(parameters, policy, now) is { } untimely)
            return untimely;

        // 4, 5: the key.
        if (policy.KeyId is { } required && parameters.KeyId != required)
            return HttpRefusal.UnknownKey;

        // 6: the algorithm, by all that names it.
        if (parameters.Algorithm is { } named && !SignatureAlgorithms.IsOffered(named))
            return HttpRefusal.UnsupportedAlgorithm;
        if (resolveKey(parameters.KeyId) is not { } key)
            return HttpRefusal.UnknownKey;
        if (!SignatureAlgorithms.IsOffered(key.Algorithm))
            return HttpRefusal.UnsupportedAlgorithm;
        if (parameters.Algorithm is { } algorithm && algorithm != key.Algorithm)
            return HttpRefusal.AlgorithmMismatch;

        // 7, 8: the base and the signature over it.
        if (!SignatureBase.Of(message, parameters, fieldKinds).TryGet(out var text, out refusal))
            return refusal;
        if (!key.Verify(Encoding.ASCII.GetBytes(text), signature))
            return HttpRefusal.InvalidSignature;

        if (parameters.Nonce is { } nonce && policy.TryUseNonce is { } tryUse
            && !tryUse(parameters.KeyId ?? "", nonce, EndOf(parameters, policy, now)))
            return HttpRefusal.Replayed;
        return new HttpSignature(label, parameters);
    }

    private sealed record Selected(string Label, SignatureParameters Parameters, byte[] Signature);

    private static HttpResult<Selected> Select(HttpMessage message, SignaturePolicy policy)
    {
        var inputText = message.Combined(HttpSignature.InputField);
        var signatureText = message.Combined(HttpSignature.SignatureField);
        if (inputText is null && signatureText is null)
            return HttpRefusal.MissingSignature;
        if (!StructuredField.TryParseDictionary(inputText ?? "", out var inputs, refuseDuplicates: true)
            || !StructuredField.TryParseDictionary(signatureText ?? "", out var signatures, refuseDuplicates: true))
            return HttpRefusal.MalformedSignature;
        Selected? selected = null;
        foreach (var (label, member) in inputs.Members)
        {
            if (policy.Label is { } wanted && wanted != label)
                continue;
            // Another application's signature may be of a form unknown to us only if it is told apart by label or tag.
            if (!SignatureParameters.Of(member).TryGet(out var parameters, out var refusal))
            {
                if (policy.Label is null && policy.Tag is not null
                    && (member.Parameters["tag"] as BareItem.Text)?.Value != policy.Tag)
                    continue;
                return refusal;
            }
            if (policy.Tag is { } tag && parameters.Tag != tag)
                continue;
            if (signatures[label] is not StructuredItem { Value: BareItem.Bytes signature })
                return HttpRefusal.MalformedSignature;
            if (selected is not null)
                return HttpRefusal.AmbiguousSignature;
            selected = new Selected(label, parameters, signature.Value);
        }
        return selected is null ? HttpRefusal.MissingSignature : selected;
    }

    private static HttpRefusal? CheckTimes(SignatureParameters parameters, SignaturePolicy policy, DateTimeOffset now)
    {
        if ((policy.MaximumAge is not null && parameters.Created is null) || (policy.RequireNonce && parameters.Nonce is null))
            return HttpRefusal.MissingParameter;
        // Compared as seconds, since a hostile number may be past what a date can hold.
        var seconds = now.ToUnixTimeSeconds();
        var skew = (long)policy.ClockSkew.TotalSeconds;
        if (parameters.Created is { } created && created > seconds + skew)
            return HttpRefusal.NotYetValid;
        if (policy.MaximumAge is { } age && parameters.Created is { } made && made < seconds - (long)age.TotalSeconds - skew)
            return HttpRefusal.Expired;
        return parameters.Expires is { } expires && expires < seconds - skew ? HttpRefusal.Expired : null;
    }

    private static DateTimeOffset EndOf(SignatureParameters parameters, SignaturePolicy policy, DateTimeOffset now)
    {
        var byAge = policy.MaximumAge is { } age && parameters.Created is { } created
            ? created + (long)age.TotalSeconds
            : long.MaxValue;
        var end = Math.Min(byAge, parameters.Expires ?? long.MaxValue);
        const long lastSecond = 253_402_300_799; // 9999-12-31
        return DateTimeOffset.FromUnixTimeSeconds(Math.Min(end, lastSecond - 3600)) + policy.ClockSkew + TimeSpan.FromSeconds(1);
    }
}
