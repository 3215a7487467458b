using Ditto.Interop;

namespace Ditto.Samplers;

/// <summary>From a sampler's step, in f64, to what the device's sampler kernel takes, in f32.</summary>
internal static class SamplerKernel
{
    /// <summary>The kernel's coefficients.</summary>
    /// <param name="step">The step.</param>
    /// <param name="guidance">Scale of classifier-free guidance; read where there is an unconditional prediction.</param>
    /// <param name="guidedChannels">Channels that guidance acts on, from the first.</param>
    public static SamplerCoefficients Coefficients(SamplerStep step, float guidance, int guidedChannels) => new()
    {
        Guidance = guidance,
        GuidedChannels = guidedChannels,
        X0FromX = (float)step.X0FromX,
        X0FromModel = (float)step.X0FromModel,
        Clip = (float)step.Clip,
        EpsFromX = (float)step.EpsFromX,
        EpsFromModel = (float)step.EpsFromModel,
        EpsFromX0 = (float)step.EpsFromX0,
        StoreX0 = step.StoresX0 ? 1 : 0,
        LearnedVariance = step.LearnedVariance ? 1 : 0,
        MinLog = (float)step.MinLog,
        MaxLog = (float)step.MaxLog,
        NoiseScale = (float)step.NoiseScale,
        XFromX = (float)step.XFromX,
        XFromX0 = (float)step.XFromX0,
        XFromEps = (float)step.XFromEps,
        H1 = (float)step.History1,
        H2 = (float)step.History2,
    };
}
