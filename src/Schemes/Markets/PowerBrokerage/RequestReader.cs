using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Ledger;
using Microsoft.AspNetCore.Http;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>Reads requests strictly.</summary>
internal static class RequestReader
{
    public static readonly RefusalCode MalformedRequest = new("malformed_request", "The request has not the form that this address takes.");

    /// <summary>The message; null for anything but its exact form.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> format)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, format, http.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
