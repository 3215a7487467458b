namespace Ditto.Interop;

/// <summary>Where a linear layer with int8 weights keeps its quantised input and its sums; nothing is left in it for the next layer.</summary>
/// <param name="Values">i8, contiguous: at least rows x <see cref="LinearWeight.Int8Length"/>(K) elements.</param>
/// <param name="Scales">f32, contiguous: at least one element a row.</param>
/// <param name="Sums">i32, contiguous: at least rows x <see cref="LinearWeight.Int8Rows"/>(N) elements.</param>
public readonly record struct Int8Scratch(Tensor Values, Tensor Scales, Tensor Sums);
