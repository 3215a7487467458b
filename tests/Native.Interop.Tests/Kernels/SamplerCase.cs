using Ditto.Testing;

namespace Ditto.Interop.Tests;

/// <summary>Random inputs of one sampler step and the update in float64.</summary>
internal sealed class SamplerCase
{
    public const int Batch = 2, Channels = 4;

    public SamplerCase(DType type, int pixels, int modelChannels, int seed = 5)
    {
        RandomTensors random = new(seed + pixels);
        (Type, Pixels, ModelChannels) = (type, pixels, modelChannels);
        X = random.Normal(Count);
        Noise = random.Normal(Count);
        History1 = random.Normal(Count);
        History2 = random.Normal(Count);
        Cond = Numbers.Rounded(random.Normal((long)Batch * modelChannels * pixels), type);
        Uncond = Numbers.Rounded(random.Normal((long)Batch * modelChannels * pixels), type);
    }

    public DType Type { get; }

    public int Pixels { get; }

    public int ModelChannels { get; }

    public long Count => (long)Batch * Channels * Pixels;

    public float[] X { get; }

    public float[] Noise { get; }

    public float[] History1 { get; }

    public float[] History2 { get; }

    public float[] Cond { get; }

    public float[] Uncond { get; }

    /// <summary>A tensor of the latents' shape.</summary>
    public Tensor Upload(TestMemory memory, float[] values, long elementOffset = 0)
    {
        Tensor tensor = memory.AllocateAt(DType.F32, elementOffset, Batch, Channels, Pixels, 1);
        memory.Write(tensor, values);
        return tensor;
    }

    /// <summary>The model's output.</summary>
    public Tensor UploadOutput(TestMemory memory, float[] values, long elementOffset = 0)
    {
        Tensor tensor = memory.AllocateAt(Type, elementOffset, Batch, ModelChannels, Pixels, 1);
        memory.Write(tensor, values);
        return tensor;
    }

    /// <summary>The new x, x0 and D.</summary>
    public (double[] X, double[] X0, double[] Stored) Expected(
        SamplerCoefficients c, bool guided = true, bool hasHistory1 = false, bool hasHistory2 = false, bool noisy = false)
    {
        double[] x = new double[Count], clean = new double[Count], stored = new double[Count];
        for (int i = 0; i < Count; i++)
        {
            (int sample, int channel, int pixel) = (i / Pixels / Channels, i / Pixels % Channels, i % Pixels);
            double m = Output(c, guided, sample, channel, pixel), x0 = (c.X0FromX * (double)X[i]) + (c.X0FromModel * m);
            if (c.Clip > 0) x0 = Math.Clamp(x0, -c.Clip, c.Clip);
            double eps = (c.EpsFromX * (double)X[i]) + (c.EpsFromModel * m) + (c.EpsFromX0 * x0), scale = c.NoiseScale;
            if (c.LearnedVariance != 0)
            {
                double f = (Output(c, guided, sample, Channels + channel, pixel) + 1) / 2;
                scale = Math.Exp(0.5 * ((f * c.MaxLog) + ((1 - f) * c.MinLog)));
            }
            x[i] = (c.XFromX * (double)X[i]) + (c.XFromX0 * x0) + (c.XFromEps * eps) + (noisy ? scale * Noise[i] : 0)
                + (hasHistory1 ? c.H1 * (double)History1[i] : 0) + (hasHistory2 ? c.H2 * (double)History2[i] : 0);
            (clean[i], stored[i]) = (x0, c.StoreX0 != 0 ? x0 : eps);
        }
        return (x, clean, stored);
    }

    private double Output(SamplerCoefficients c, bool guided, int sample, int channel, int pixel)
    {
        int i = (((sample * ModelChannels) + channel) * Pixels) + pixel;
        if (!guided || channel >= c.GuidedChannels) return Cond[i];
        return Uncond[i] + (c.Guidance * ((double)Cond[i] - Uncond[i]));
    }
}
