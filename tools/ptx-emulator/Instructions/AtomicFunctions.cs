using Ditto.Emulation.Numerics;

namespace Ditto.Emulation.Instructions;

/// <summary>The operations of <c>atom</c> and <c>red</c> by PTX.md section 3's table: operation and type, for example <c>add.u32</c>.</summary>
internal static class AtomicFunctions
{
    private static readonly Dictionary<string, AtomicFunction> Functions = Collect();

    /// <summary>f32 additions in global memory flush denormal operands and results to zero.</summary>
    public static AtomicFunction FlushedAdd { get; } = (old, b, _) =>
    {
        float x = Ieee32.FlushDenormal(Single(old)), y = Ieee32.FlushDenormal(Single(b));
        return Bits(Ieee32.FlushDenormal(Ieee32.Add(x, y, Rounding.NearestEven)));
    };

    /// <summary>Finds an operation.</summary>
    /// <param name="name">For example <c>min.s64</c>.</param>
    /// <returns>Null where PTX has none of that name.</returns>
    public static AtomicFunction? Find(string name) => Functions.GetValueOrDefault(name);

    private static Dictionary<string, AtomicFunction> Collect()
    {
        Dictionary<string, AtomicFunction> all = new(StringComparer.Ordinal)
        {
            ["add.u32"] = (old, b, _) => (uint)(old + b),
            ["add.s32"] = (old, b, _) => (uint)(old + b),
            ["add.u64"] = (old, b, _) => old + b,
            ["add.f32"] = (old, b, _) => Bits(Ieee32.Add(Single(old), Single(b), Rounding.NearestEven)),
            ["add.f64"] = (old, b, _) => BitConverter.DoubleToUInt64Bits(BitConverter.UInt64BitsToDouble(old) + BitConverter.UInt64BitsToDouble(b)),
            ["min.u32"] = (old, b, _) => Math.Min((uint)old, (uint)b),
            ["max.u32"] = (old, b, _) => Math.Max((uint)old, (uint)b),
            ["min.s32"] = (old, b, _) => (uint)Math.Min((int)old, (int)b),
            ["max.s32"] = (old, b, _) => (uint)Math.Max((int)old, (int)b),
            ["min.u64"] = (old, b, _) => Math.Min(old, b),
            ["max.u64"] = (old, b, _) => Math.Max(old, b),
            ["min.s64"] = (old, b, _) => (ulong)Math.Min((long)old, (long)b),
            ["max.s64"] = (old, b, _) => (ulong)Math.Max((long)old, (long)b),
            ["inc.u32"] = (old, b, _) => (uint)old >= (uint)b ? 0 : old + 1,
            ["dec.u32"] = (old, b, _) => (uint)old == 0 || (uint)old > (uint)b ? (uint)b : old - 1,
            ["cas.b16"] = (old, b, c) => (ushort)old == (ushort)b ? (ushort)c : old,
            ["cas.b32"] = (old, b, c) => (uint)old == (uint)b ? (uint)c : old,
            ["cas.b64"] = (old, b, c) => old == b ? c : old,
        };
        foreach (string type in new[] { "b32", "b64" })
        {
            all["and." + type] = (old, b, _) => old & b;
            all["or." + type] = (old, b, _) => old | b;
            all["xor." + type] = (old, b, _) => old ^ b;
            all["exch." + type] = (_, b, _) => b;
        }
        AddHalves(all, "f16", (x, y) => Float16.Add(x, y), (x, y) => Float16.Min(x, y), (x, y) => Float16.Max(x, y));
        AddHalves(all, "bf16", BFloat16.Add, (x, y) => BFloat16.Min(x, y), (x, y) => BFloat16.Max(x, y));
        return all;
    }

    private static void AddHalves(Dictionary<string, AtomicFunction> all, string type, Func<ushort, ushort, ushort> add,
        Func<ushort, ushort, ushort> min, Func<ushort, ushort, ushort> max)
    {
        foreach ((string name, Func<ushort, ushort, ushort> apply) in new[] { ("add", add), ("min", min), ("max", max) })
        {
            all[$"{name}.{type}"] = (old, b, _) => apply((ushort)old, (ushort)b);
            all[$"{name}.{type}x2"] = (old, b, _) =>
                apply((ushort)old, (ushort)b) | ((ulong)apply((ushort)(old >> 16), (ushort)(b >> 16)) << 16);
        }
    }

    private static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}
