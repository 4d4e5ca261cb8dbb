namespace Counterfoil.Cryptography.Vrf;

/// <summary>The kind of a digest that is the output (beta) of a verifiable random function.</summary>
public abstract class VrfOutput
{
    private VrfOutput()
    {
    }
}
