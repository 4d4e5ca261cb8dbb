using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Http;

/// <summary>How <see cref="HttpSignatureHandler"/> signs requests and what it requires of responses.</summary>
public sealed record HttpSignatureOptions
{
    /// <summary>The key that signs; the handler does not dispose it.</summary>
    public required ISigningKey Key { get; init; }

    /// <summary>The key's name to the server; null for its thumbprint in base64url.</summary>
    public string? KeyId { get; init; }

    /// <summary>The signature's label.</summary>
    public string Label { get; init; } = "sig1";

    /// <summary>The application that the signature is for; null for none.</summary>
    public string? Tag { get; init; }

    /// <summary>
    /// What is covered beside the content's digest, which is always covered where there is content.
    /// </summary>
    public IReadOnlyList<StructuredItem> Components { get; init; } = [SignatureComponents.Method, SignatureComponents.TargetUri];

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What a response's signature must fulfil; null takes responses as they are.</summary>
    public SignaturePolicy? ResponsePolicy { get; init; }

    /// <summary>
    /// The keys that responses may be signed with, by name; needed with <see cref="ResponsePolicy"/>.
    /// </summary>
    public Func<string?, HttpVerificationKey?>? ResponseKeys { get; init; }

    /// <summary>The longest content of a response whose signature is required, in bytes. Default 16 MiB.</summary>
    public int MaximumResponseBytes { get; init; } = 16 * 1024 * 1024;
}

/// <summary>A response's signature or digest was refused: the response is not shown to the caller.</summary>
public sealed class HttpSignatureException : Exception
{
    /// <summary>A response refused for this reason.</summary>
    public HttpSignatureException(HttpRefusal refusal)
        : base($"The response was refused as {refusal}.") => Refusal = refusal;

    /// <summary>Why.</summary>
    public HttpRefusal Refusal { get; }
}
