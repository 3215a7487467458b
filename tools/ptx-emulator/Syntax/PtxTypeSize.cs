namespace Ditto.Emulation.Syntax;

/// <summary>Sizes of the fundamental types.</summary>
internal static class PtxTypeSize
{
    /// <summary>Bytes of a type, written without its dot; 1 for <c>pred</c>, 0 for what is no type of a variable.</summary>
    public static int Of(string type) => type switch
    {
        "s8" or "u8" or "b8" or "pred" => 1,
        "s16" or "u16" or "b16" or "f16" or "bf16" => 2,
        "s32" or "u32" or "b32" or "f32" or "f16x2" or "bf16x2" => 4,
        "s64" or "u64" or "b64" or "f64" => 8,
        "b128" => 16,
        _ => 0,
    };
}
