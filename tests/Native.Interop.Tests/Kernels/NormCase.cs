using Ditto.Testing;

namespace Ditto.Interop.Tests;

/// <summary>Random rows with every optional tensor, as their storage type holds them, and a float64 oracle.</summary>
internal sealed class NormCase
{
    public const float Eps = 1e-5f;

    public NormCase(DType type, int samples, int tokens, int dim, float scale = 1, float mean = 0)
    {
        RandomTensors random = new(dim + (97 * tokens));
        (Type, Samples, Tokens, Dim) = (type, samples, tokens, dim);
        X = Numbers.Rounded(random.Normal((long)Rows * dim, scale, mean), type);
        Source = Numbers.Rounded(random.Normal((long)Rows * dim, scale), type);
        Weight = Numbers.Rounded(random.Normal(dim, 0.5f, 1), type);
        Bias = Numbers.Rounded(random.Normal(dim), type);
        Gate = Numbers.Rounded(random.Normal((long)samples * dim), type);
        Shift = Numbers.Rounded(random.Normal((long)samples * dim), type);
        Scale = Numbers.Rounded(random.Normal((long)samples * dim, 0.3f), type);
    }

    public DType Type { get; }

    public int Samples { get; }

    public int Tokens { get; }

    public int Dim { get; }

    public int Rows => Samples * Tokens;

    public float[] X { get; }

    public float[] Source { get; }

    public float[] Weight { get; }

    public float[] Bias { get; }

    public float[] Gate { get; }

    public float[] Shift { get; }

    public float[] Scale { get; }

    /// <summary>y = ((x - mean) / sqrt(variance + eps) * weight + bias) * (1 + scale) + shift; an RMS norm takes no mean.</summary>
    public double[] Norm(IReadOnlyList<double> x, bool centred, bool affine, bool scaled, bool shifted)
    {
        double[] y = new double[x.Count];
        for (int row = 0; row < Rows; row++)
        {
            double[] values = [.. Enumerable.Range(row * Dim, Dim).Select(i => x[i])];
            double mean = centred ? values.Average() : 0, squares = values.Average(value => (value - mean) * (value - mean));
            for (int c = 0; c < Dim; c++)
            {
                int m = (row / Tokens * Dim) + c;
                double normed = (values[c] - mean) / Math.Sqrt(squares + Eps);
                if (affine) normed = (normed * Weight[c]) + Bias[c];
                if (scaled) normed *= 1.0 + Scale[m];
                y[(row * Dim) + c] = normed + (shifted ? Shift[m] : 0);
            }
        }
        return y;
    }

    /// <summary>x + gate * source.</summary>
    public double[] Residual(bool gated)
    {
        double[] sums = new double[X.Length];
        for (int i = 0; i < sums.Length; i++) sums[i] = X[i] + ((gated ? Gate[(i / Dim / Tokens * Dim) + (i % Dim)] : 1.0) * Source[i]);
        return sums;
    }

    /// <summary>The tensors (samples, 3, dim) that hold gate, shift and scale side by side, as a model's modulation layer writes them.</summary>
    public (Tensor Gate, Tensor Shift, Tensor Scale) UploadModulation(TestMemory memory, long elementOffset = 0)
    {
        float[] all = new float[Samples * 3 * Dim];
        for (int s = 0; s < Samples; s++)
        {
            Gate.AsSpan(s * Dim, Dim).CopyTo(all.AsSpan(s * 3 * Dim));
            Shift.AsSpan(s * Dim, Dim).CopyTo(all.AsSpan(((s * 3) + 1) * Dim));
            Scale.AsSpan(s * Dim, Dim).CopyTo(all.AsSpan(((s * 3) + 2) * Dim));
        }
        Tensor tensor = memory.AllocateAt(Type, elementOffset, Samples, 3 * Dim);
        memory.Write(tensor, all);
        return (tensor.Slice(1, 0, Dim), tensor.Slice(1, Dim, Dim), tensor.Slice(1, 2 * Dim, Dim));
    }
}
