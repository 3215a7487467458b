namespace Ditto.Interop;

/// <summary>A linear layer's weight and bias: the weight in a floating-point type, or in int8 with one scale for each output.</summary>
/// <param name="Values">
/// (N, K) f32, bf16 or f16; or (<see cref="Int8Rows"/>(N), <see cref="Int8Length"/>(K)) i8, contiguous, zeros beyond K.
/// </param>
/// <param name="Bias">(N) in the type of the layer's output; may be absent.</param>
/// <param name="Scales">(N) f32: weight[n, k] = scale[n] * value[n, k]. Absent where the values are floating-point numbers.</param>
public readonly record struct LinearWeight(Tensor Values, Tensor Bias = default, Tensor Scales = default)
{
    /// <summary>The largest K of int8 weights: K products of 127 * 127 have to fit a sum of 32 bits.</summary>
    public const int MaxInt8Depth = 131072;

    /// <summary>Whether the values are int8.</summary>
    public bool IsInt8 => !Scales.IsNull;

    /// <summary>Rows that N outputs take in int8: a multiple of 4, as cuBLASLt asks of int8 matrices.</summary>
    /// <param name="n">Outputs.</param>
    public static long Int8Rows(long n) => (n + 3) / 4 * 4;

    /// <summary>Bytes of a row of K values in int8: a multiple of 16, which every device reads at full speed.</summary>
    /// <param name="k">Inputs.</param>
    public static long Int8Length(long k) => (k + 15) / 16 * 16;
}
