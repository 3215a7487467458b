namespace Ditto.Interop;

/// <summary>Facts about element types.</summary>
public static class DTypeExtensions
{
    /// <summary>Bytes of one element: 1, 2, 4 or 8.</summary>
    /// <param name="type">The element type.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is no <see cref="DType"/>.</exception>
    public static int ByteSize(this DType type) => type switch
    {
        DType.F64 or DType.I64 or DType.U64 => 8,
        DType.F32 or DType.I32 or DType.U32 => 4,
        DType.BF16 or DType.F16 or DType.I16 or DType.U16 => 2,
        DType.F8E4M3 or DType.F8E5M2 or DType.I8 or DType.U8 or DType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type"),
    };

    /// <summary>The type's short name in lower case, for example <c>bf16</c>.</summary>
    /// <param name="type">The element type.</param>
    public static string ShortName(this DType type) => type switch
    {
        DType.F32 => "f32",
        DType.BF16 => "bf16",
        DType.F16 => "f16",
        DType.F64 => "f64",
        DType.F8E4M3 => "f8_e4m3",
        DType.F8E5M2 => "f8_e5m2",
        DType.I64 => "i64",
        DType.I32 => "i32",
        DType.I16 => "i16",
        DType.I8 => "i8",
        DType.U64 => "u64",
        DType.U32 => "u32",
        DType.U16 => "u16",
        DType.U8 => "u8",
        DType.Bool => "bool",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type"),
    };

    /// <summary>The type's name in kernel sources: <c>float</c>, <c>bf16</c>, <c>fp16</c>, <c>int</c>, ...</summary>
    /// <param name="type">The element type.</param>
    /// <exception cref="ArgumentException">Kernels have no such type.</exception>
    public static string KernelName(this DType type) => type switch
    {
        DType.F32 => "float",
        DType.BF16 => "bf16",
        DType.F16 => "fp16",
        DType.F64 => "double",
        DType.I64 => "int64",
        DType.I32 => "int",
        DType.U64 => "uint64",
        DType.U32 => "uint32",
        DType.U16 => "uint16",
        DType.I8 => "int8",
        DType.U8 or DType.Bool => "uint8",
        _ => throw new ArgumentException($"kernels have no type {type.ShortName()}", nameof(type)),
    };
}
