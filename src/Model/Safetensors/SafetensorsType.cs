using Ditto.Interop;

namespace Ditto.Safetensors;

/// <summary>One of the format's element types. Those without a <see cref="DType"/> can be listed but not read.</summary>
/// <param name="Name">The name in the header, for example "BF16".</param>
/// <param name="BitCount">Bits of an element.</param>
/// <param name="DType">The engine's type, or null where it has none.</param>
internal sealed record SafetensorsType(string Name, int BitCount, DType? DType)
{
    /// <summary>Every type that the format knows, safetensors 0.7.</summary>
    public static IReadOnlyList<SafetensorsType> All { get; } =
    [
        new("F64", 64, Interop.DType.F64), new("F32", 32, Interop.DType.F32), new("F16", 16, Interop.DType.F16),
        new("BF16", 16, Interop.DType.BF16), new("F8_E4M3", 8, Interop.DType.F8E4M3), new("F8_E5M2", 8, Interop.DType.F8E5M2),
        new("I64", 64, Interop.DType.I64), new("I32", 32, Interop.DType.I32), new("I16", 16, Interop.DType.I16), new("I8", 8, Interop.DType.I8),
        new("U64", 64, Interop.DType.U64), new("U32", 32, Interop.DType.U32), new("U16", 16, Interop.DType.U16), new("U8", 8, Interop.DType.U8),
        new("BOOL", 8, Interop.DType.Bool),
        new("C64", 64, null), new("F8_E8M0", 8, null), new("F6_E2M3", 6, null), new("F6_E3M2", 6, null), new("F4", 4, null),
    ];

    private static readonly Dictionary<string, SafetensorsType> ByName = All.ToDictionary(type => type.Name, StringComparer.Ordinal);

    /// <summary>Looks a type up by its name in the header; null where it is unknown. Case matters.</summary>
    /// <param name="name">The name, for example "BF16".</param>
    public static SafetensorsType? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The format's type for one of the engine's.</summary>
    /// <param name="type">The engine's type.</param>
    public static SafetensorsType Of(DType type) => All.First(candidate => candidate.DType == type);
}
