using Ditto.Interop;

namespace Ditto.Safetensors;

/// <summary>A tensor to be written.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="DType">Type of the elements.</param>
/// <param name="Shape">Lengths of the dimensions; empty for a scalar.</param>
/// <param name="Bytes">The elements, row-major and little-endian.</param>
public sealed record SafetensorsTensor(string Name, DType DType, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>A tensor of f32 values, which are copied.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="values">The values, row-major.</param>
    /// <param name="shape">Lengths of the dimensions.</param>
    public static SafetensorsTensor FromSingles(string name, ReadOnlySpan<float> values, params IReadOnlyList<long> shape) =>
        new(name, DType.F32, shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes(values).ToArray());
}
