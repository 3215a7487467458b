using Ditto.Testing;

namespace Ditto.Interop.Tests;

/// <summary>One product: sizes, types, what is fused, and the float64 answer.</summary>
internal sealed record LinearCase(int Rows, int N, int K, DType Input, DType Output, bool HasBias, bool HasResidual, Activation Activation)
{
    /// <summary>Values, as the storage types hold them.</summary>
    public float[] X { get; } = Numbers.Rounded(new RandomTensors(11).Normal((long)Rows * K), Input);

    public float[] Weight { get; } = Numbers.Rounded(new RandomTensors(12).Normal((long)N * K, 1 / MathF.Sqrt(K)), Input);

    public float[] Bias { get; } = Numbers.Rounded(new RandomTensors(13).Normal(N), Output);

    public float[] Residual { get; } = Numbers.Rounded(new RandomTensors(14).Normal((long)Rows * N), Output);

    /// <summary>act(x W^T + bias + residual) in float64.</summary>
    public double[] Expected()
    {
        double[] y = new double[Rows * N];
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < N; column++)
            {
                double sum = HasBias ? Bias[column] : 0;
                if (HasResidual) sum += Residual[(row * N) + column];
                for (int k = 0; k < K; k++) sum += (double)X[(row * K) + k] * Weight[(column * K) + k];
                y[(row * N) + column] = Activation == Activation.GeluTanh ? GeluTanh(sum) : sum;
            }
        }
        return y;
    }

    /// <summary>Twice the error of rounding the exact answer to the output type, and room for sums in f32.</summary>
    public double MaxNmse(double[] expected)
    {
        double error = 0, energy = 0;
        foreach (double value in expected)
        {
            double difference = Numbers.Round((float)value, Output) - value;
            error += difference * difference;
            energy += value * value;
        }
        return (2 * error / energy) + 1e-12;
    }

    public override string ToString() =>
        $"{Rows}x{N}x{K} {Input.ShortName()}-{Output.ShortName()}{(HasBias ? " bias" : "")}{(HasResidual ? " residual" : "")} {Activation}";

    private static double GeluTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
}
