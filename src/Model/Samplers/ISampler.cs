namespace Ditto.Samplers;

/// <summary>
/// A sampler for one number of steps: which timestep the network sees at each step, and the numbers of the one linear update that follows.
/// Immutable; knows no tensor and no device.
/// </summary>
public interface ISampler
{
    /// <summary>A short name for reports, for example "DDIM" or "DPM-Solver++ 2M".</summary>
    string Name { get; }

    /// <summary>Number of network calls.</summary>
    int StepCount { get; }

    /// <summary>The timestep of each call, as the network gets it. 0..1000 for the usual training length; integers unless flow matching.</summary>
    ReadOnlySpan<float> Timesteps { get; }

    /// <summary>Noise levels: <see cref="StepCount"/> + 1 values that fall; empty for DDPM and DDIM, which count in timesteps.</summary>
    ReadOnlySpan<float> Sigmas { get; }

    /// <summary>Initial latents are standard normal noise times this.</summary>
    float InitNoiseSigma { get; }

    /// <summary>The update of one step.</summary>
    /// <param name="index">The step, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such step.</exception>
    SamplerStep Step(int index);
}
