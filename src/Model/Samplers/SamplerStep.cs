namespace Ditto.Samplers;

/// <summary>
/// One step of any sampler, as the coefficients of one linear update. With x the latents, m the (guided) network output, H1 and H2 the
/// predictions that the last two steps stored, and z fresh noise:
/// <code>
/// x0  = X0FromX x + X0FromModel m                        clamped to ±Clip if Clip > 0
/// eps = EpsFromX x + EpsFromModel m + EpsFromX0 x0
/// D   = StoresX0 ? x0 : eps                              kept for the next steps
/// x  &lt;- XFromX x + XFromX0 x0 + XFromEps eps + History1 H1 + History2 H2 + NoiseScale z
/// </code>
/// With a learned variance v (the second half of the output's channels) NoiseScale is exp((f MaxLog + (1 - f) MinLog) / 2), f = (v + 1) / 2.
/// </summary>
public readonly record struct SamplerStep
{
    /// <summary>Share of x in x0.</summary>
    public double X0FromX { get; init; }

    /// <summary>Share of the network output in x0.</summary>
    public double X0FromModel { get; init; }

    /// <summary>x0 is clamped to this magnitude; 0 = not at all.</summary>
    public double Clip { get; init; }

    /// <summary>Share of x in eps.</summary>
    public double EpsFromX { get; init; }

    /// <summary>Share of the network output in eps.</summary>
    public double EpsFromModel { get; init; }

    /// <summary>Share of the clamped x0 in eps; not zero only where eps is made anew after clamping.</summary>
    public double EpsFromX0 { get; init; }

    /// <summary>True if the step stores x0 for the steps after it, false if it stores eps.</summary>
    public bool StoresX0 { get; init; }

    /// <summary>Number of earlier predictions that the step reads: 0, 1 (H1) or 2 (H1 and H2).</summary>
    public int HistoryCount { get; init; }

    /// <summary>True if the step draws noise of the latents' shape; also where its share is zero, so that the generator stays in step.</summary>
    public bool DrawsNoise { get; init; }

    /// <summary>True if the noise's share comes from the network's variance channels.</summary>
    public bool LearnedVariance { get; init; }

    /// <summary>Natural logarithm of the smallest variance; used with <see cref="LearnedVariance"/>.</summary>
    public double MinLog { get; init; }

    /// <summary>Natural logarithm of the largest variance; used with <see cref="LearnedVariance"/>.</summary>
    public double MaxLog { get; init; }

    /// <summary>Share of the noise, its standard deviation.</summary>
    public double NoiseScale { get; init; }

    /// <summary>Share of x.</summary>
    public double XFromX { get; init; }

    /// <summary>Share of x0.</summary>
    public double XFromX0 { get; init; }

    /// <summary>Share of eps.</summary>
    public double XFromEps { get; init; }

    /// <summary>Share of the prediction that the step before stored.</summary>
    public double History1 { get; init; }

    /// <summary>Share of the prediction that the step before that one stored.</summary>
    public double History2 { get; init; }

    /// <summary>Whether every share is a number that the kernel, which counts in f32, can use.</summary>
    internal bool IsFinite => IsSingle(X0FromX) && IsSingle(X0FromModel) && IsSingle(Clip) && IsSingle(EpsFromX) && IsSingle(EpsFromModel)
        && IsSingle(EpsFromX0) && IsSingle(MinLog) && IsSingle(MaxLog) && IsSingle(NoiseScale) && IsSingle(XFromX) && IsSingle(XFromX0)
        && IsSingle(XFromEps) && IsSingle(History1) && IsSingle(History2);

    /// <summary>The same step with x0 and eps read from the network's output.</summary>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="alpha">Share of the clean sample in x: sqrt(alpha_bar), or 1 - sigma for flow matching.</param>
    /// <param name="sigma">Share of the noise in x: sqrt(1 - alpha_bar), or sigma for flow matching.</param>
    internal SamplerStep WithPrediction(PredictionType prediction, double alpha, double sigma) => prediction switch
    {
        PredictionType.Epsilon => this with { X0FromX = 1 / alpha, X0FromModel = -sigma / alpha, EpsFromX = 0, EpsFromModel = 1 },
        PredictionType.Sample => this with { X0FromX = 0, X0FromModel = 1, EpsFromX = 1 / sigma, EpsFromModel = -alpha / sigma },
        PredictionType.Velocity => this with { X0FromX = alpha, X0FromModel = -sigma, EpsFromX = sigma, EpsFromModel = alpha },
        PredictionType.Flow => this with { X0FromX = 1, X0FromModel = -sigma, EpsFromX = 1, EpsFromModel = alpha },
        _ => throw new ArgumentOutOfRangeException(nameof(prediction), prediction, "no prediction type"),
    };

    private static bool IsSingle(double value) => float.IsFinite((float)value);
}
