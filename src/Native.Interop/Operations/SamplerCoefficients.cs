using System.Runtime.InteropServices;

namespace Ditto.Interop;

/// <summary>
/// One sampler step as the numbers of one linear update. With m the guided model output, D of the last two steps in H1 and H2, and noise z:
/// <code>
/// m   = uncond + Guidance (cond - uncond)               on the first GuidedChannels channels of the model; the others keep cond
/// x0  = X0FromX x + X0FromModel m                       clamped to ±Clip if Clip > 0
/// eps = EpsFromX x + EpsFromModel m + EpsFromX0 x0
/// D   = StoreX0 ? x0 : eps
/// x  &lt;- XFromX x + XFromX0 x0 + XFromEps eps + H1 H1 + H2 H2 + s z
/// </code>
/// s is NoiseScale or, with a learned variance v, exp((f MaxLog + (1 - f) MinLog) / 2), f = (v + 1) / 2.
/// The layout is that of the kernel's struct. Sources: arXiv:2207.12598, arXiv:2010.02502, arXiv:2211.01095, arXiv:2102.09672.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SamplerCoefficients
{
    /// <summary>Scale of classifier-free guidance; 1 gives cond.</summary>
    public float Guidance { get; init; }

    /// <summary>Channels of the model's output that guidance acts on, from the first.</summary>
    public int GuidedChannels { get; init; }

    /// <summary>Share of x in x0.</summary>
    public float X0FromX { get; init; }

    /// <summary>Share of m in x0.</summary>
    public float X0FromModel { get; init; }

    /// <summary>x0 is clamped to this magnitude; 0 for not at all.</summary>
    public float Clip { get; init; }

    /// <summary>Share of x in eps.</summary>
    public float EpsFromX { get; init; }

    /// <summary>Share of m in eps.</summary>
    public float EpsFromModel { get; init; }

    /// <summary>Share of the clamped x0 in eps.</summary>
    public float EpsFromX0 { get; init; }

    /// <summary>1 where the history slot takes x0, 0 where it takes eps.</summary>
    public int StoreX0 { get; init; }

    /// <summary>1 where the second half of the model's channels says how much noise is added, else 0.</summary>
    public int LearnedVariance { get; init; }

    /// <summary>Natural logarithm of the smallest variance.</summary>
    public float MinLog { get; init; }

    /// <summary>Natural logarithm of the largest variance.</summary>
    public float MaxLog { get; init; }

    /// <summary>Share of the noise where the variance is not learned.</summary>
    public float NoiseScale { get; init; }

    /// <summary>Share of x in the new x.</summary>
    public float XFromX { get; init; }

    /// <summary>Share of x0 in the new x.</summary>
    public float XFromX0 { get; init; }

    /// <summary>Share of eps in the new x.</summary>
    public float XFromEps { get; init; }

    /// <summary>Share of the last step's D.</summary>
    public float H1 { get; init; }

    /// <summary>Share of the D before that.</summary>
    public float H2 { get; init; }
}
