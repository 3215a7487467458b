using Ditto.Emulation.Syntax;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary>Runs one instruction on many operands, one thread for each.</summary>
internal static class Lanewise
{
    private const int Threads = 96;

    /// <summary>An instruction's results.</summary>
    /// <param name="code">For example <c>cvt.rn.f16.f32 %d, %a;</c>. Registers: %d; %a, %b, %c; predicates %p and %q; scratch %x0 to %x3.</param>
    /// <param name="width">Bits of %d: 16, 32 or 64; 1 for the predicate %p as 0 or 1, 2 for %p and 2 %q.</param>
    /// <param name="inputs">For each operand its register's width and its bits, one number a thread.</param>
    /// <returns>The bits, zero-extended.</returns>
    public static ulong[] Run(string code, int width, params (int Width, ulong[] Values)[] inputs)
    {
        int count = inputs[0].Values.Length;
        using PtxRun run = new(Module(code, width, inputs), "sm_100");
        ulong output = run.Buffer(new ulong[count]);
        object[] addresses = [.. inputs.Select(input => run.Buffer(input.Values)).Cast<object>()];
        run.Launch("k", (count + Threads - 1) / Threads, Threads, [output, .. addresses, count]);
        return run.Read<ulong>(output, count);
    }

    /// <summary>The bits of floats.</summary>
    public static ulong[] Bits(IEnumerable<float> values) => [.. values.Select(value => (ulong)BitConverter.SingleToUInt32Bits(value))];

    /// <summary>The bits of doubles.</summary>
    public static ulong[] Bits(IEnumerable<double> values) => [.. values.Select(BitConverter.DoubleToUInt64Bits)];

    /// <summary>A float from its bits.</summary>
    public static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    /// <summary>A half from its bits.</summary>
    public static Half Half(ulong bits) => BitConverter.UInt16BitsToHalf((ushort)bits);

    /// <summary>A bfloat16 as a float, from its bits.</summary>
    public static float Brain(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>An instruction must be refused when it is loaded, with its line.</summary>
    public static void IsRefused(string code)
    {
        string text = Module(code, 32, [(32, []), (32, []), (32, [])]);
        int line = text[..text.IndexOf(code, StringComparison.Ordinal)].Count(character => character == '\n') + 1;
        Assert.That(() => new PtxRun(text, "sm_100").Dispose(),
            Throws.TypeOf<PtxException>().With.Message.Contains(FormattableString.Invariant($"line {line}:")), code);
    }

    private static string Module(string code, int width, (int Width, ulong[] Values)[] inputs)
    {
        int size = Math.Max(width, 32);
        string parameters = string.Concat(inputs.Select((_, n) => FormattableString.Invariant($".param .u64 in{n}, ")));
        string registers = string.Concat(inputs.Select((input, n) => FormattableString.Invariant($".reg .b{input.Width} %{Name(n)};\n")));
        string loads = string.Concat(inputs.Select((input, n) => FormattableString.Invariant(
            $"ld.param.u64 %y1, [in{n}];\nadd.s64 %y1, %y1, %y0;\nld.global.b{input.Width} %{Name(n)}, [%y1];\n")));
        string results = width <= 2 ? "selp.u32 %d, 1, 0, %p;\n" + (width == 2 ? "selp.u32 %t, 2, 0, %q;\nor.b32 %d, %d, %t;\n" : "") : "";
        string declared = FormattableString.Invariant($".reg .b{(width == 16 ? 16 : size)} %d;");
        return $$"""
            .version 8.8
            .target sm_100
            .address_size 64
            .visible .entry k(.param .u64 out, {{parameters}}.param .u32 n)
            {
            .reg .pred %p, %q, %in;
            .reg .b32 %t, %u, %v, %x<4>;
            .reg .b64 %y<2>;
            {{declared}}
            {{registers}}
            mov.u32 %t, %tid.x;
            mov.u32 %u, %ctaid.x;
            mov.u32 %v, %ntid.x;
            mad.lo.s32 %t, %u, %v, %t;
            ld.param.u32 %u, [n];
            setp.ge.u32 %in, %t, %u;
            @%in ret;
            mul.wide.u32 %y0, %t, 8;
            {{loads}}
            {{code}}
            {{results}}
            ld.param.u64 %y1, [out];
            add.s64 %y1, %y1, %y0;
            st.global.b{{(width == 16 ? 16 : size)}} [%y1], %d;
            ret;
            }
            """;
    }

    private static char Name(int n) => "abc"[n];
}
