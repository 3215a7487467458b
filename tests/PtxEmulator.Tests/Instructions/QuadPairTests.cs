using Ditto.Emulation.Syntax;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary><c>mma.m8n8k4</c> of f16: four products, spread by the ISA's text for that shape.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class QuadPairTests
{
    [Test]
    public void Four_products_spread_by_the_text_are_multiplied(
        [Values("row", "col")] string layoutA, [Values("row", "col")] string layoutB, [Values("f16.f16", "f32.f32", "f32.f16")] string sums)
    {
        string d = sums[..3], c = sums[4..];
        Random random = new(7);
        int[][,] first = Matrices(random, 8, 4), second = Matrices(random, 4, 8), start = Matrices(random, 8, 8);
        int registersC = c == "f16" ? 4 : 8, registersD = d == "f16" ? 4 : 8;
        List<uint> operands = [];
        for (int lane = 0; lane < 32; lane++)
        {
            int product = lane % 16 / 4, own = lane % 4, half = lane < 16 ? 0 : 4;
            operands.AddRange(Pack(4, i => layoutA == "row" ? first[product][own + half, i] : first[product][i + half, own]));
            operands.AddRange(Pack(4, i => layoutB == "row" ? second[product][own, i + half] : second[product][i, own + half]));
            if (c == "f16") operands.AddRange(Pack(8, i => Of(start[product], PlaceInHalves(lane, i))));
            else operands.AddRange(Enumerable.Range(0, 8).Select(i => Single(Of(start[product], PlaceInSingles(lane, i)))));
        }
        string name = $"mma.sync.aligned.m8n8k4.{layoutA}.{layoutB}.{d}.f16.f16.{c}";
        using PtxRun run = new(Kernel(name, registersC, registersD), counts: true);
        ulong output = run.Empty(32 * registersD * 4);
        run.Launch("k", 1, 32, run.Buffer(operands.ToArray()), output);
        uint[] found = run.Read<uint>(output, 32 * registersD), expected = [.. Enumerable.Range(0, 32).SelectMany(lane =>
        {
            int product = lane % 16 / 4;
            int Sum((int Row, int Column) place) =>
                Enumerable.Range(0, 4).Sum(k => first[product][place.Row, k] * second[product][k, place.Column]) + Of(start[product], place);
            return d == "f16" ? Pack(8, i => Sum(PlaceInHalves(lane, i))) : Enumerable.Range(0, 8).Select(i => Single(Sum(PlaceInSingles(lane, i))));
        })];
        Assert.That(found, Is.EqualTo(expected));
        Assert.That(run.Counts.TensorFlops.Sum(), Is.EqualTo(4 * 2 * 8 * 8 * 4));
    }

    [TestCase("mma.sync.aligned.m8n8k4.row.col.f16.f16.f16.f32 {%r0,%r1,%r2,%r3}, {%r0,%r1}, {%r2,%r3}, {%r0,%r1,%r2,%r3,%r4,%r5,%r6,%r7};")]
    [TestCase("mma.sync.aligned.m8n8k4.row.f16.f16.f16.f16 {%r0,%r1,%r2,%r3}, {%r0,%r1}, {%r2,%r3}, {%r0,%r1,%r2,%r3};")]
    [TestCase("mma.sync.aligned.m8n8k4.row.col.f16.f16.f16.f16 {%r0,%r1}, {%r0,%r1}, {%r2,%r3}, {%r0,%r1,%r2,%r3};")]
    public void Other_forms_are_refused(string instruction) =>
        Assert.That(() => new PtxRun(PtxRun.Kernel("", ".reg .b32 %r<8>;\n" + instruction)).Dispose(),
            Throws.TypeOf<PtxException>());

    private static (int Row, int Column) PlaceInHalves(int lane, int i) => ((lane % 4) + (lane < 16 ? 0 : 4), i);

    private static (int Row, int Column) PlaceInSingles(int lane, int i) =>
        ((lane & 0b1) + (i & 0b10) + (lane < 16 ? 0 : 4), (i & 0b100) + (lane & 0b10) + (i & 0b1));

    private static int Of(int[,] matrix, (int Row, int Column) place) => matrix[place.Row, place.Column];

    private static uint Single(int value) => BitConverter.SingleToUInt32Bits(value);

    private static IEnumerable<uint> Pack(int count, Func<int, int> element) => Enumerable.Range(0, count / 2).Select(n =>
        BitConverter.HalfToUInt16Bits((Half)element(2 * n)) | ((uint)BitConverter.HalfToUInt16Bits((Half)element((2 * n) + 1)) << 16));

    private static int[][,] Matrices(Random random, int rows, int columns) => [.. Enumerable.Range(0, 4).Select(_ =>
    {
        int[,] matrix = new int[rows, columns];
        for (int i = 0; i < matrix.Length; i++) matrix[i / columns, i % columns] = random.Next(-9, 10);
        return matrix;
    })];

    private static string Kernel(string instruction, int c, int d)
    {
        string List(string stem, int first, int count) => "{" + string.Join(", ", Enumerable.Range(first, count).Select(n => $"%{stem}{n}")) + "}";
        string loads = string.Concat(Enumerable.Range(0, 4 + c).Select(n => $"ld.global.b32 %x{n}, [%rd3+{4 * n}];\n"));
        string stores = string.Concat(Enumerable.Range(0, d).Select(n => $"st.global.b32 [%rd5+{4 * n}], %d{n};\n"));
        return PtxRun.Kernel(".param .u64 in, .param .u64 out", $"""
            .reg .b64 %rd<8>; .reg .b32 %r<2>; .reg .b32 %x<12>; .reg .b32 %d<8>;
            ld.param.u64 %rd0, [in]; ld.param.u64 %rd1, [out]; mov.u32 %r0, %tid.x;
            mul.wide.u32 %rd2, %r0, {4 * (4 + c)}; add.s64 %rd3, %rd0, %rd2; mul.wide.u32 %rd4, %r0, {4 * d}; add.s64 %rd5, %rd1, %rd4;
            {loads}{instruction} {List("d", 0, d)}, {List("x", 0, 2)}, {List("x", 2, 2)}, {List("x", 4, c)};
            {stores}
            """);
    }
}
