using NUnit.Framework;

namespace Ditto.Emulation.Tests.Instructions;

/// <summary>Forms of bit instructions that no compiler prints, by the ISA's definitions.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class BitTests
{
    private static readonly ulong[] Words = [0, 1, 0x80, 0xffff_ffff, 0x1234_5678, 0x8765_4321, 0x00ff_ff00, 0xdead_beef];

    [Test]
    public void A_table_of_three_inputs_is_looked_up_bit_by_bit([Values(0x00, 0x80, 0xe8, 0x96, 0xca, 0xfe, 0x1d)] int table)
    {
        ulong[] a = [.. Words.Select(word => word)], b = [.. Words.Reverse()], c = [.. Words.Select(word => (word * 0x9e37_79b9) & 0xffff_ffff)];
        ulong[] found = Lanewise.Run($"lop3.b32 %d, %a, %b, %c, {table};", 32, (32, a), (32, b), (32, c));
        Assert.That(found, Is.EqualTo(Words.Select((_, n) => LookUp(table, a[n], b[n], c[n]))));
    }

    [TestCase("and", false)]
    [TestCase("and", true)]
    [TestCase("or", false)]
    [TestCase("or", true)]
    public void A_table_also_tells_whether_anything_is_left(string join, bool isNegated)
    {
        const int table = 0x80;                          // a & b & c
        ulong[] a = [0, 1, 2, 3, 4, 5, 6, 7], b = [1, 1, 1, 1, 6, 6, 6, 6], c = [3, 3, 3, 3, 3, 3, 3, 3];
        bool[] q = [.. a.Select(value => value >= 4)];
        string code = $"setp.ge.u32 %q, %a, 4; lop3.{join}.b32 %x0|%p, %a, %b, %c, {table}, {(isNegated ? "!" : "")}%q;";
        ulong[] found = Lanewise.Run(code, 1, (32, a), (32, b), (32, c));
        Assert.That(found, Is.EqualTo(a.Select((_, n) =>
        {
            bool any = LookUp(table, a[n], b[n], c[n]) != 0, third = q[n] != isNegated;
            return (join == "and" ? any && third : any || third) ? 1ul : 0;
        })));
        Assert.That(Lanewise.Run(code.Replace("%x0|", "_|", StringComparison.Ordinal), 1, (32, a), (32, b), (32, c)), Is.EqualTo(found));
        Assert.That(Lanewise.Run(code.Replace("%x0|", "%d|", StringComparison.Ordinal), 32, (32, a), (32, b), (32, c)),
            Is.EqualTo(a.Select((_, n) => LookUp(table, a[n], b[n], c[n]))));
    }

    [TestCase("f4e", 0x3210u, 0x4321u, 0x5432u, 0x6543u)]
    [TestCase("b4e", 0x5670u, 0x6701u, 0x7012u, 0x0123u)]
    [TestCase("rc8", 0x0000u, 0x1111u, 0x2222u, 0x3333u)]
    [TestCase("ecl", 0x3210u, 0x3211u, 0x3222u, 0x3333u)]
    [TestCase("ecr", 0x0000u, 0x1110u, 0x2210u, 0x3210u)]
    [TestCase("rc16", 0x1010u, 0x3232u, 0x1010u, 0x3232u)]
    public void A_mode_of_prmt_stands_for_a_selector(string mode, uint zero, uint one, uint two, uint three)
    {
        uint[] selectors = [zero, one, two, three];
        ulong[] a = [.. Enumerable.Repeat(0x3322_1100ul, 4)], b = [.. Enumerable.Repeat(0x7766_5544ul, 4)], c = [0, 1, 2, 0xffff_ff03];
        ulong[] expected = [.. selectors.Select(selector =>
            Enumerable.Range(0, 4).Aggregate(0ul, (bits, n) => bits | ((0x11ul * (selector >> (4 * n) & 0xf)) << (8 * n))))];
        Assert.That(Lanewise.Run($"prmt.b32.{mode} %d, %a, %b, %c;", 32, (32, a), (32, b), (32, c)), Is.EqualTo(expected));
        ulong[] byHand = Lanewise.Run("prmt.b32 %d, %a, %b, %c;", 32, (32, a), (32, b), (32, [.. selectors.Select(selector => (ulong)selector)]));
        Assert.That(byHand, Is.EqualTo(expected));
    }

    [Test]
    public void A_register_of_128_bits_is_packed_moved_and_unpacked()
    {
        ulong[] a = [.. Words.Select(word => word * 0x1_0000_0001)], b = [.. Words.Select(word => ~word)];
        const string code = ".reg .b128 %w, %z; .reg .b64 %s; mov.b128 %w, {%a, %b}; mov.b128 %z, %w; ";
        Assert.That(Lanewise.Run(code + "mov.b128 {%d, %s}, %z;", 64, (64, a), (64, b)), Is.EqualTo(a));
        Assert.That(Lanewise.Run(code + "mov.b128 {_, %d}, %z;", 64, (64, a), (64, b)), Is.EqualTo(b));
        Assert.That(Lanewise.Run(code + "mov.b128 {%d, _}, %z; mov.b128 {_, %s}, %z; xor.b64 %d, %d, %s;", 64, (64, a), (64, b)),
            Is.EqualTo(a.Zip(b, (x, y) => x ^ y)));
    }

    private static ulong LookUp(int table, ulong a, ulong b, ulong c)
    {
        ulong result = 0;
        for (int n = 0; n < 32; n++)
        {
            int index = (int)(((a >> n & 1) * 4) + ((b >> n & 1) * 2) + (c >> n & 1));
            result |= (ulong)(table >> index & 1) << n;
        }
        return result;
    }
}
