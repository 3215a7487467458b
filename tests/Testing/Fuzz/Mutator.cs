using System.Buffers.Binary;
using System.Text;

namespace Ditto.Testing.Fuzz;

/// <summary>
/// Makes bad inputs of good ones. It knows what text, JSON and binary headers are made of: besides flipped bits, cuts and splices it edits
/// numbers, repeats keys, swaps values and puts in nests. The same random numbers give the same input.
/// </summary>
public sealed class Mutator(Random random, IReadOnlyList<byte[]> seeds)
{
    private const int MaxByteCount = 20_000;

    private static readonly byte[][] Numbers = Encode(
        "0", "-0", "-1", "1", "2", "7", "16", "127", "128", "255", "256", "65535", "65536", "1000000000", "2147483647", "2147483648", "-2147483648",
        "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "1.5", "1e3",
        "1e400", "-1e400", "1e-400", "0.1", "NaN", "Infinity", "-Infinity", "00", "1.", ".5", "+1", "0x10", "1_000", "99999999999999999999999999");

    private static readonly byte[][] Values = Encode(
        "null", "true", "false", "[]", "{}", "\"\"", "[1,2]", "{\"a\":1}", "\"\\ud800\"", "\"\\u0000\"", "\"NaN\"", "\"../x\"", "\"\\u202e\"",
        "[[[[[[1]]]]]]", "\"linear\"", "\"zero\"", "\"F16\"", "\"BOOL\"", "[0,0]", "[4,0]", "1");

    private static readonly byte[] Letters = Encoding.Latin1.GetBytes("0123456789{}[]\",:-+.eEaFuI\\/ \n\0\x1b\x7f\x80\xc0\xff");

    /// <summary>The next bad input.</summary>
    public byte[] Next()
    {
        if (random.Next(50) == 0) return Noise(random.Next(200));
        byte[] bytes = Seed();
        for (int change = 1 + random.Next(4); change > 0; change--)
            bytes = Change(bytes);
        return bytes.Length <= MaxByteCount ? bytes : bytes[..MaxByteCount];
    }

    private static byte[][] Encode(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private byte[] Change(byte[] bytes)
    {
        if (bytes.Length == 0) return Noise(8);
        int at = random.Next(bytes.Length);
        return random.Next(14) switch
        {
            0 => With(bytes, at, (byte)(bytes[at] ^ (1 << random.Next(8)))),
            1 => With(bytes, at, (byte)random.Next(256)),
            2 or 3 => With(bytes, at, Letters[random.Next(Letters.Length)]),
            4 => bytes[..at],
            5 => [.. bytes.AsSpan(0, at), .. Tail(Seed())],
            6 => Replace(bytes, at, 0, Part(bytes)),                 // a part twice
            7 => Replace(bytes, at, random.Next(16), []),
            8 => Replace(bytes, at, 0, Part(Seed())),
            9 => EditNumber(bytes, at),
            10 => RepeatKey(bytes, at),
            11 => EditValue(bytes, at),
            12 => Replace(bytes, at, 0, Nest()),
            _ => Overwrite(bytes, at),
        };
    }

    private byte[] Seed() => (byte[])seeds[random.Next(seeds.Count)].Clone();

    private byte[] Noise(int count)
    {
        byte[] noise = new byte[count];
        random.NextBytes(noise);
        return noise;
    }

    private static byte[] With(byte[] bytes, int at, byte value)
    {
        bytes[at] = value;
        return bytes;
    }

    private static byte[] Replace(byte[] bytes, int at, int count, ReadOnlySpan<byte> by) =>
        [.. bytes.AsSpan(0, at), .. by, .. bytes.AsSpan(Math.Min(bytes.Length, at + count))];

    private ReadOnlySpan<byte> Tail(byte[] bytes) => bytes.AsSpan(random.Next(bytes.Length + 1));

    private ReadOnlySpan<byte> Part(byte[] bytes)
    {
        int from = random.Next(bytes.Length);
        return bytes.AsSpan(from, random.Next(Math.Min(64, bytes.Length - from)) + 1);
    }

    /// <summary>Puts another number in place of the next one.</summary>
    private byte[] EditNumber(byte[] bytes, int at)
    {
        int from = bytes.AsSpan(at).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (from < 0) return bytes;
        from += at;
        int length = bytes.AsSpan(from).IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return Replace(bytes, from, length < 0 ? bytes.Length - from : length, Numbers[random.Next(Numbers.Length)]);
    }

    /// <summary>Writes the next pair of key and value twice.</summary>
    private static byte[] RepeatKey(byte[] bytes, int at)
    {
        int from = bytes.AsSpan(at).IndexOf(",\""u8);
        if (from < 0) return bytes;
        from += at;
        int length = bytes.AsSpan(from + 1).IndexOf((byte)',');
        return length < 0 ? bytes : Replace(bytes, from, 0, bytes.AsSpan(from, length + 1));
    }

    /// <summary>Puts another value in place of the next one.</summary>
    private byte[] EditValue(byte[] bytes, int at)
    {
        int from = bytes.AsSpan(at).IndexOf((byte)':');
        if (from < 0) return bytes;
        from += at + 1;
        int length = bytes.AsSpan(from).IndexOfAny(",}"u8);
        return Replace(bytes, from, length < 0 ? bytes.Length - from : length, Values[random.Next(Values.Length)]);
    }

    private byte[] Nest()
    {
        int depth = random.Next(2) == 0 ? random.Next(40) : random.Next(3000);
        return Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(random.Next(2) == 0 ? "[" : "{\"a\":", depth)));
    }

    /// <summary>Writes a binary number at the edge of its range, in either byte order.</summary>
    private byte[] Overwrite(byte[] bytes, int at)
    {
        long[] edges =
            [0, 1, -1, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, bytes.Length, bytes.Length - 8, 100_000_001];
        Span<byte> number = stackalloc byte[8];
        long edge = edges[random.Next(edges.Length)];
        if (random.Next(2) == 0) BinaryPrimitives.WriteInt64LittleEndian(number, edge);
        else BinaryPrimitives.WriteInt64BigEndian(number, edge << (random.Next(2) * 32));
        number[..Math.Min(random.Next(2) == 0 ? 4 : 8, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}
