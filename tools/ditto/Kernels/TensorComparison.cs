using Ditto.Interop;
using Ditto.Safetensors;

namespace Ditto.CommandLine;

/// <summary>
/// Compares a tensor of one device with that of another. Devices round alike but sum in different orders and approximate functions differently:
/// an element may differ by a few units in the last place of its own magnitude or, if that is larger, of the tensor's root mean square.
/// </summary>
/// <param name="type">Type of the elements.</param>
/// <param name="expected">Bytes of one device.</param>
internal sealed class TensorComparison(DType type, byte[] expected)
{
    private const double Single = 64, Narrow = 2;                // units in the last place: of sums and functions, and of one more rounding

    private readonly float[] values = Values(type, expected);
    private readonly double unit = Unit(type);                   // allowed of a magnitude of 1
    private readonly double typical = Typical(Values(type, expected));

    /// <summary>The expected element.</summary>
    public double Expected(long index) => values[index];

    /// <summary>The most that an element may differ by.</summary>
    public double Allowed(long index) => float.IsFinite(values[index]) ? unit * Math.Max(Math.Abs(values[index]), typical) : 0;

    /// <summary>The elements of another device.</summary>
    public float[] Read(byte[] found) => Values(type, found);

    /// <summary>Whether an element is as expected; a NaN for a NaN is.</summary>
    public bool Accepts(long index, float found)
    {
        float wanted = values[index];
        return found.Equals(wanted) || Math.Abs((double)found - wanted) <= Allowed(index);
    }

    private static double Unit(DType type) => type switch
    {
        DType.F32 => Single * Math.ScaleB(1, -23),
        DType.BF16 => Narrow * Math.ScaleB(1, -7),
        DType.F16 => Narrow * Math.ScaleB(1, -10),
        _ => 0,
    };

    private static double Typical(float[] values)
    {
        double sum = values.Where(float.IsFinite).Sum(value => (double)value * value);
        return Math.Sqrt(sum / Math.Max(values.Length, 1));
    }

    private static float[] Values(DType type, byte[] bytes)
    {
        float[] values = new float[bytes.Length / type.ByteSize()];
        TensorConversion.ToSingle(type, bytes, values);
        return values;
    }
}
