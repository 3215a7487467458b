using System.Globalization;
using System.Text;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary>
/// A shape of <c>mma.sync</c> with the places of its elements as the PTX ISA's text gives them for each: element i of a lane, g = groupID,
/// t = threadID_in_group.
/// </summary>
/// <param name="Text">For example <c>m16n8k16</c>.</param>
/// <param name="Rows">m.</param>
/// <param name="Depth">k.</param>
/// <param name="Elements">Elements of A and of B that a lane has.</param>
/// <param name="A">(i, g, t) to row and column of A.</param>
/// <param name="B">(i, g, t) to row of B; its column is g.</param>
internal sealed record FragmentLayout(
    string Text, int Rows, int Depth, (int A, int B) Elements, Func<int, int, int, (int Row, int Column)> A, Func<int, int, int, int> B)
{
    public static readonly FragmentLayout M16N8K4 = new("m16n8k4", 16, 4, (2, 1), (i, g, t) => (i == 0 ? g : g + 8, t), (_, _, t) => t);

    public static readonly FragmentLayout M16N8K8Words = new("m16n8k8", 16, 8, (4, 2),
        (i, g, t) => (i is 0 or 2 ? g : g + 8, i is 0 or 1 ? t : t + 4), (i, _, t) => i == 0 ? t : t + 4);

    public static readonly FragmentLayout M16N8K8 = new("m16n8k8", 16, 8, (4, 2),
        (i, g, t) => (i < 2 ? g : g + 8, (t * 2) + (i & 1)), (i, _, t) => (t * 2) + i);

    public static readonly FragmentLayout M16N8K16 = new("m16n8k16", 16, 16, (8, 4),
        (i, g, t) => (i is (>= 0 and < 2) or (>= 4 and < 6) ? g : g + 8, i < 4 ? (t * 2) + (i & 1) : (t * 2) + (i & 1) + 8),
        (i, _, t) => i < 2 ? (t * 2) + (i & 1) : (t * 2) + (i & 1) + 8);

    public static readonly FragmentLayout M8N8K16 = new("m8n8k16", 8, 16, (4, 4), (i, g, t) => (g, (t * 4) + i), (i, _, t) => (t * 4) + i);

    public static readonly FragmentLayout M16N8K16Bytes = new("m16n8k16", 16, 16, (8, 4),
        (i, g, t) => (i < 4 ? g : g + 8, (t * 4) + (i & 3)), (i, _, t) => (t * 4) + i);

    public static readonly FragmentLayout M16N8K32 = new("m16n8k32", 16, 32, (16, 8),
        (i, g, t) => (i is (>= 0 and < 4) or (>= 8 and < 12) ? g : g + 8, i < 8 ? (t * 4) + (i & 3) : (t * 4) + (i & 3) + 16),
        (i, _, t) => i < 4 ? (t * 4) + (i & 3) : (t * 4) + (i & 3) + 16);

    public static readonly FragmentLayout M8N8K32 = new("m8n8k32", 8, 32, (8, 8), (i, g, t) => (g, (t * 8) + i), (i, _, t) => (t * 8) + i);

    public static readonly FragmentLayout M16N8K32Nibbles = new("m16n8k32", 16, 32, (16, 8),
        (i, g, t) => (i < 8 ? g : g + 8, (t * 8) + (i & 7)), (i, _, t) => (t * 8) + i);

    public static readonly FragmentLayout M16N8K64 = new("m16n8k64", 16, 64, (32, 16),
        (i, g, t) => (i is (>= 0 and < 8) or (>= 16 and < 24) ? g : g + 8, i < 16 ? (t * 8) + (i & 7) : (t * 8) + (i & 7) + 32),
        (i, _, t) => i < 8 ? (t * 8) + (i & 7) : (t * 8) + (i & 7) + 32);

    public static readonly FragmentLayout M8N8K4 = new("m8n8k4", 8, 4, (1, 1), (_, g, t) => (g, t), (_, _, t) => t);

    public static readonly FragmentLayout M16N8K8Doubles = new("m16n8k8", 16, 8, (4, 2),
        (i, g, t) => (i % 2 == 0 ? g : g + 8, i < 2 ? t : t + 4), (i, _, t) => t + (i * 4));

    public static readonly FragmentLayout M16N8K16Doubles = new("m16n8k16", 16, 16, (8, 4),
        (i, g, t) => (i % 2 == 0 ? g : g + 8, t + (i / 2 * 4)), (i, _, t) => t + (i * 4));

    /// <summary>Element i of C and D: c0, c1 in row g, c2, c3 in row g + 8.</summary>
    public static (int Row, int Column) C(int i, int g, int t) => (i < 2 ? g : g + 8, (t * 2) + (i & 1));

    /// <summary>A kernel <c>k(in, out)</c> whose lanes load their registers of A, B and C one behind the other, multiply, and store D.</summary>
    /// <param name="instruction">The whole name.</param>
    /// <param name="a">Registers of A.</param>
    /// <param name="b">Registers of B.</param>
    /// <param name="c">Registers of C.</param>
    /// <param name="bytes">Of a register: 4 or 8.</param>
    /// <param name="before">Instructions between the loads and the product.</param>
    public static string Kernel(string instruction, int a, int b, int c, int bytes, string before = "")
    {
        StringBuilder body = new();
        int bits = bytes * 8, all = a + b + c;
        body.AppendLine(".reg .b64 %rd<8>; .reg .b32 %r<4>; .reg .pred %p<4>;");
        body.AppendLine(CultureInfo.InvariantCulture, $".reg .b{bits} %x<{all}>; .reg .b{bits} %d<{c}>;");
        body.AppendLine("ld.param.u64 %rd0, [in]; ld.param.u64 %rd1, [out]; mov.u32 %r0, %tid.x;");
        body.AppendLine(CultureInfo.InvariantCulture, $"mul.wide.u32 %rd2, %r0, {all * bytes}; add.s64 %rd3, %rd0, %rd2;");
        body.AppendLine(CultureInfo.InvariantCulture, $"mul.wide.u32 %rd4, %r0, {c * bytes}; add.s64 %rd5, %rd1, %rd4;");
        for (int n = 0; n < all; n++) body.AppendLine(CultureInfo.InvariantCulture, $"ld.global.b{bits} %x{n}, [%rd3+{n * bytes}];");
        body.AppendLine(before);
        string operands = string.Join(", ", List("%d", 0, c), List("%x", 0, a), List("%x", a, b), List("%x", a + b, c));
        body.AppendLine(CultureInfo.InvariantCulture, $"{instruction} {operands};");
        for (int n = 0; n < c; n++) body.AppendLine(CultureInfo.InvariantCulture, $"st.global.b{bits} [%rd5+{n * bytes}], %d{n};");
        return PtxRun.Kernel(".param .u64 in, .param .u64 out", body.ToString());
    }

    private static string List(string stem, int first, int count) =>
        "{" + string.Join(", ", Enumerable.Range(first, count).Select(n => FormattableString.Invariant($"{stem}{n}"))) + "}";
}
