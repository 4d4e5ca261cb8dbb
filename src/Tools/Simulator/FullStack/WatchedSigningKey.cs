using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Simulator.FullStack;

/// <summary>A consensus key that shows the checker everything it is made to sign, over all restarts of its node.</summary>
internal sealed class WatchedSigningKey(ISigningKey key, Action<ReadOnlyMemory<byte>> watch) : ISigningKey
{
    public PublicKey PublicKey => key.PublicKey;

    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        watch(data.ToArray());
        return key.Sign(data);
    }

    public void Dispose()
    {
    }
}
