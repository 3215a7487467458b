using Ditto.Emulation.Checks;
using Ditto.Emulation.Counting;
using Ditto.Emulation.Numerics;
using Ditto.Emulation.Syntax;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary><c>mma.sync</c> against plain products of matrices that are spread by the ISA's tables.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TensorProductTests
{
    private static readonly Dictionary<string, (int Bits, int Least, int Most, Func<int, ulong> Encode)> Formats = new(StringComparer.Ordinal)
    {
        ["f16"] = (16, -3, 3, value => BitConverter.HalfToUInt16Bits((Half)value)),
        ["bf16"] = (16, -9, 9, value => BitConverter.SingleToUInt32Bits(value) >> 16),
        ["tf32"] = (32, -9, 9, value => BitConverter.SingleToUInt32Bits(value) | 0x1fff),       // what mma must ignore
        ["e4m3"] = (8, -3, 3, value => Float8.E4M3FromSingle(value)),
        ["e5m2"] = (8, -3, 3, value => Float8.E5M2FromSingle(value)),
        ["s8"] = (8, -128, 127, value => (byte)value),
        ["u8"] = (8, 0, 255, value => (byte)value),
        ["s4"] = (4, -8, 7, value => (ulong)value & 0xf),
        ["u4"] = (4, 0, 15, value => (ulong)value & 0xf),
        ["f64"] = (64, -99, 99, value => BitConverter.DoubleToUInt64Bits(value)),
    };

    private static readonly Dictionary<string, (int Bits, Func<int, ulong> Encode)> Sums = new(StringComparer.Ordinal)
    {
        ["f32"] = (32, value => BitConverter.SingleToUInt32Bits(value)),
        ["f16"] = (16, value => BitConverter.HalfToUInt16Bits((Half)value)),
        ["s32"] = (32, value => (uint)value),
        ["f64"] = (64, value => BitConverter.DoubleToUInt64Bits(value)),
    };

    private static IEnumerable<TestCaseData> Shapes()
    {
        (FragmentLayout Layout, string Sum, string A, string B)[] shapes =
        [
            (FragmentLayout.M16N8K16, "f32", "bf16", "bf16"), (FragmentLayout.M16N8K8, "f32", "bf16", "bf16"),
            (FragmentLayout.M16N8K16, "f32", "f16", "f16"), (FragmentLayout.M16N8K8, "f32", "f16", "f16"),
            (FragmentLayout.M16N8K16, "f16", "f16", "f16"), (FragmentLayout.M16N8K8, "f16", "f16", "f16"),
            (FragmentLayout.M16N8K8Words, "f32", "tf32", "tf32"), (FragmentLayout.M16N8K4, "f32", "tf32", "tf32"),
            (FragmentLayout.M16N8K32, "f32", "e4m3", "e5m2"), (FragmentLayout.M16N8K32, "f16", "e5m2", "e4m3"),
            (FragmentLayout.M16N8K16Bytes, "f32", "e4m3", "e4m3"), (FragmentLayout.M16N8K16Bytes, "f16", "e5m2", "e5m2"),
            (FragmentLayout.M16N8K32, "s32", "s8", "u8"), (FragmentLayout.M16N8K16Bytes, "s32", "u8", "s8"),
            (FragmentLayout.M8N8K16, "s32", "s8", "s8"),
            (FragmentLayout.M16N8K64, "s32", "s4", "u4"), (FragmentLayout.M16N8K32Nibbles, "s32", "u4", "s4"),
            (FragmentLayout.M8N8K32, "s32", "s4", "s4"),
            (FragmentLayout.M8N8K4, "f64", "f64", "f64"), (FragmentLayout.M16N8K4, "f64", "f64", "f64"),
            (FragmentLayout.M16N8K8Doubles, "f64", "f64", "f64"), (FragmentLayout.M16N8K16Doubles, "f64", "f64", "f64"),
        ];
        foreach ((FragmentLayout layout, string sum, string a, string b) in shapes)
            yield return new TestCaseData(layout, sum, a, b).SetArgDisplayNames($"{layout.Text}.{sum}.{a}.{b}");
    }

    [TestCaseSource(nameof(Shapes))]
    public void Matrices_spread_by_the_tables_are_multiplied(object shape, string sum, string a, string b)
    {
        FragmentLayout layout = (FragmentLayout)shape;
        Random random = new(1);
        int[,] first = Matrix(random, layout.Rows, layout.Depth, Formats[a].Least, Formats[a].Most);
        int[,] second = Matrix(random, layout.Depth, 8, Formats[b].Least, Formats[b].Most), start = Matrix(random, layout.Rows, 8, -50, 50);
        using PtxRun run = Load(layout, sum, a, b, out int registers, out int sums);
        ulong output = run.Empty(32 * sums * 8);
        run.Launch("k", 1, 32, run.Buffer(Spread(layout, sum, a, b, first, second, start)), output);
        byte[] found = run.Read<byte>(output, 32 * sums * (sum == "f64" ? 8 : 4));
        int[,] product = Multiply(first, second, start);
        Assert.Multiple(() =>
        {
            Assert.That(Gather(layout, sum, found), Is.EqualTo(Flat(product).Select(value => Sums[sum].Encode(value))));
            Assert.That(run.Counts.TensorFlops.Sum(), Is.EqualTo(2 * layout.Rows * 8 * layout.Depth));
            Assert.That(run.Counts.Tensor(Kind(a)), Is.EqualTo(run.Counts.TensorFlops.Sum()));
            Assert.That(registers, Is.GreaterThan(0));
        });
    }

    [Test]
    public void A_sum_is_rounded_once()
    {
        // 2^24 + 1 + 1 is a float; added one after the other, both ones are lost.
        float[] sums = Floats(Ones(2), 1 << 24);
        Assert.That(sums, Has.All.EqualTo(16777218f));
    }

    [Test]
    public void Infinities_cancel_to_the_canonical_NaN()
    {
        float[] sums = Floats(Ones(2, float.PositiveInfinity), float.NegativeInfinity);
        Assert.That(sums.Select(BitConverter.SingleToUInt32Bits), Has.All.EqualTo(0x7fffffffu));
    }

    [TestCase(".satfinite", int.MaxValue)]
    [TestCase("", int.MinValue + 126)]
    public void Integer_sums_clamp_only_with_satfinite(string satfinite, int expected)
    {
        uint[] lanes = [.. Enumerable.Range(0, 32).SelectMany(_ => new uint[] { 0x01010101, 0x7f, int.MaxValue, int.MaxValue })];
        using PtxRun run = new(FragmentLayout.Kernel($"mma.sync.aligned.m8n8k16.row.col{satfinite}.s32.s8.s8.s32", 1, 1, 2, 4));
        ulong output = run.Empty(256);
        for (int lane = 0; lane < 32; lane++) lanes[(4 * lane) + 1] = lane % 4 == 0 ? 0x7fu : 0;           // one 127 in each column
        run.Launch("k", 1, 32, run.Buffer(lanes), output);
        Assert.That(run.Read<int>(output, 64), Has.All.EqualTo(expected));
    }

    [TestCase("and", 96)]
    [TestCase("xor", 160)]
    public void Bits_are_counted(string operation, int expected)
    {
        uint[] lanes = [.. Enumerable.Range(0, 32).SelectMany(_ => new uint[] { ~0u, ~0u, ~0u, ~0u, 0xffff, 0xff, 0, 0, 0, 0 })];
        using PtxRun run = new(FragmentLayout.Kernel($"mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.{operation}.popc", 4, 2, 4, 4));
        ulong output = run.Empty(512);
        run.Launch("k", 1, 32, run.Buffer(lanes), output);
        Assert.That(run.Read<int>(output, 128), Has.All.EqualTo(expected));
    }

    [Test]
    public void Lanes_that_come_by_two_paths_multiply_together()
    {
        const string paths = "setp.lt.u32 %p0, %r0, 13; @%p0 bra $FIRST; add.u32 %r1, %r0, 1; bra $BOTH; $FIRST: add.u32 %r1, %r0, 2; $BOTH:";
        Assert.That(Floats(Ones(3), 5, paths), Has.All.EqualTo(8f));
    }

    [Test]
    public void A_product_without_all_lanes_is_reported()
    {
        const string leave = "setp.eq.u32 %p0, %r0, 31; @%p0 exit;";
        EmulationException fault = Assert.Throws<EmulationException>(() => Floats(Ones(3), 5, leave))!;
        Assert.That(fault.Kind, Is.EqualTo(FaultKind.AbsentLane));
    }

    [TestCase("mma.sync.aligned.m16n8k16.row.row.f32.bf16.bf16.f32", 4, 2, 4)]
    [TestCase("mma.sync.aligned.m16n8k16.row.col.f16.bf16.bf16.f16", 4, 2, 2)]
    [TestCase("mma.sync.aligned.m16n8k16.row.col.f32.bf16.f16.f32", 4, 2, 4)]
    [TestCase("mma.sync.aligned.m16n8k32.row.col.f32.bf16.bf16.f32", 4, 2, 4)]
    [TestCase("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 4, 1, 4)]
    [TestCase("mma.sp.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 4, 2, 4)]
    public void Other_forms_are_refused_with_name_and_line(string instruction, int a, int b, int c)
    {
        PtxException refusal = Assert.Throws<PtxException>(() => new PtxRun(FragmentLayout.Kernel(instruction, a, b, c, 4)).Dispose())!;
        Assert.That(refusal.Message, Does.Contain(instruction).And.Match("line [0-9]+"));
    }

    private static uint[] Ones(int count, float one = 1)
    {
        // A is all ones; B has as many numbers in each column, at rows 2 t and 2 t + 1 of its first register.
        uint bits = BitConverter.SingleToUInt32Bits(one) >> 16, ones = 0x3f803f80;
        List<uint> lanes = [];
        for (int lane = 0; lane < 32; lane++)
        {
            int first = 2 * (lane % 4);
            uint b = (first < count ? bits : 0) | (first + 1 < count ? bits << 16 : 0);
            lanes.AddRange([ones, ones, ones, ones, b, 0]);
        }
        return [.. lanes];
    }

    private static float[] Floats(uint[] operands, float start, string before = "")
    {
        using PtxRun run = new(FragmentLayout.Kernel("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 4, 2, 4, 4, before));
        uint c = BitConverter.SingleToUInt32Bits(start);
        uint[] lanes = [.. operands.Chunk(6).SelectMany(lane => lane.Concat([c, c, c, c]))];
        ulong output = run.Empty(512);
        run.Launch("k", 1, 32, run.Buffer(lanes), output);
        return run.Read<float>(output, 128);
    }

    private static PtxRun Load(FragmentLayout layout, string sum, string a, string b, out int registers, out int sums)
    {
        int width = sum == "f64" ? 64 : 32;
        int first = layout.Elements.A * Formats[a].Bits / width, second = layout.Elements.B * Formats[b].Bits / width;
        sums = layout.Rows / 4 * Sums[sum].Bits / width;
        registers = first + second + sums;
        string ptx = FragmentLayout.Kernel($"mma.sync.aligned.{layout.Text}.row.col.{sum}.{a}.{b}.{sum}", first, second, sums, width / 8);
        return new PtxRun(ptx, counts: true);
    }

    private static TensorKind Kind(string type) => type switch
    {
        "f16" or "bf16" => TensorKind.Half,
        "tf32" => TensorKind.TensorFloat32,
        "f64" => TensorKind.Float64,
        "e4m3" or "e5m2" => TensorKind.Float8,
        _ => TensorKind.Int8,
    };

    private static byte[] Spread(FragmentLayout layout, string sum, string a, string b, int[,] first, int[,] second, int[,] start)
    {
        List<byte> bytes = [];
        for (int lane = 0; lane < 32; lane++)
        {
            int g = lane / 4, t = lane % 4;
            List<(ulong Bits, int Width)> elements = [];
            for (int i = 0; i < layout.Elements.A; i++)
            {
                (int row, int column) = layout.A(i, g, t);
                elements.Add((Formats[a].Encode(first[row, column]), Formats[a].Bits));
            }
            for (int i = 0; i < layout.Elements.B; i++) elements.Add((Formats[b].Encode(second[layout.B(i, g, t), g]), Formats[b].Bits));
            for (int i = 0; i < layout.Rows / 4; i++)
            {
                (int row, int column) = FragmentLayout.C(i, g, t);
                elements.Add((Sums[sum].Encode(start[row, column]), Sums[sum].Bits));
            }
            bytes.AddRange(Pack(elements));
        }
        return [.. bytes];
    }

    private static IEnumerable<byte> Pack(List<(ulong Bits, int Width)> elements)
    {
        UInt128 held = 0;
        int count = 0;
        foreach ((ulong bits, int width) in elements)
        {
            held |= (UInt128)bits << count;
            for (count += width; count >= 8; count -= 8, held >>= 8) yield return (byte)held;
        }
    }

    private static IEnumerable<ulong> Gather(FragmentLayout layout, string sum, byte[] found)
    {
        ulong[,] values = new ulong[layout.Rows, 8];
        int size = Sums[sum].Bits / 8, perLane = layout.Rows / 4;
        for (int lane = 0; lane < 32; lane++)
        {
            for (int i = 0; i < perLane; i++)
            {
                (int row, int column) = FragmentLayout.C(i, lane / 4, lane % 4);
                for (int n = size - 1; n >= 0; n--) values[row, column] = (values[row, column] << 8) | found[(((lane * perLane) + i) * size) + n];
            }
        }
        return values.Cast<ulong>();
    }

    private static int[,] Matrix(Random random, int rows, int columns, int least, int most)
    {
        int[,] matrix = new int[rows, columns];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) matrix[row, column] = random.Next(least, most + 1);
        return matrix;
    }

    private static int[,] Multiply(int[,] a, int[,] b, int[,] c)
    {
        int[,] product = (int[,])c.Clone();
        for (int row = 0; row < a.GetLength(0); row++)
            for (int column = 0; column < 8; column++)
                for (int k = 0; k < a.GetLength(1); k++) product[row, column] += a[row, k] * b[k, column];
        return product;
    }

    private static IEnumerable<int> Flat(int[,] matrix) => matrix.Cast<int>();
}
