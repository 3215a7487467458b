using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>A tensor of a <see cref="KernelCase"/>.</summary>
/// <param name="Name">The operation's name for it.</param>
/// <param name="Type">Type of the elements.</param>
/// <param name="Shape">Lengths of its dimensions.</param>
/// <param name="Fill">The element of an index before the launch; null for bytes of 0xff, which no right result has.</param>
/// <param name="IsOutput">Whether the launch writes it.</param>
internal sealed record CaseTensor(string Name, DType Type, long[] Shape, Func<Random, double>? Fill, bool IsOutput)
{
    private const byte Unwritten = 0xff;

    /// <summary>Elements.</summary>
    public long Count => Shape.Aggregate(1L, (count, length) => count * length);

    /// <summary>Numbers in [-2, 2).</summary>
    public static CaseTensor Input(string name, DType type, params long[] shape) => new(name, type, shape, InRange, false);

    /// <summary>Numbers in [-2, 2) that the launch updates.</summary>
    public static CaseTensor Updated(string name, DType type, params long[] shape) => new(name, type, shape, InRange, true);

    /// <summary>What the launch writes.</summary>
    public static CaseTensor Output(string name, DType type, params long[] shape) => new(name, type, shape, null, true);

    /// <summary>Whole numbers in [0, end).</summary>
    public static CaseTensor Below(int end, string name, DType type, params long[] shape) =>
        new(name, type, shape, random => random.Next(end), false);

    /// <summary>The bytes before the launch: the same for every device.</summary>
    public byte[] Content()
    {
        int size = Type.ByteSize();
        byte[] bytes = new byte[Count * size];
        if (Fill is null)
        {
            bytes.AsSpan().Fill(Unwritten);
            return bytes;
        }
        Random random = new(Name.Sum(letter => letter) + (int)Count);
        for (int at = 0; at < bytes.Length; at += size) Write(bytes.AsSpan(at, size), Fill(random));
        return bytes;
    }

    private static double InRange(Random random) => (4 * random.NextDouble()) - 2;

    private void Write(Span<byte> place, double value)
    {
        switch (Type)
        {
            case DType.F32:
                MemoryMarshal.Write(place, (float)value);
                break;
            case DType.BF16:
                MemoryMarshal.Write(place, (ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16));
                break;
            case DType.F16:
                MemoryMarshal.Write(place, (Half)value);
                break;
            case DType.I32:
                MemoryMarshal.Write(place, (int)value);
                break;
            default:
                throw new ArgumentException($"{Name}: no numbers of {Type.ShortName()} are drawn");
        }
    }
}
