using Ditto.Interop;
using Ditto.Safetensors;

namespace Ditto.CommandLine;

/// <summary>
/// Compares a tensor of one device with that of another. Devices round alike but sum in different orders and approximate functions differently:
/// an element may differ by a few units in the last place of its own magnitude or, if that is larger, of the tensor's root mean square.
/// </summary>
internal sealed class TensorComparison
{
    private const double Single = 64, Narrow = 2;                // units in the last place: of sums and functions, and of one more rounding

    private readonly DType type;
    private readonly float[] values;
    private readonly double unit;                                // allowed of a magnitude of 1
    private readonly double typical;

    /// <summary>A tensor to compare with.</summary>
    /// <param name="type">Type of the elements.</param>
    /// <param name="expected">Bytes of one device.</param>
    public TensorComparison(DType type, byte[] expected)
    {
        this.type = type;
        values = Values(type, expected);
        (unit, typical) = (Unit(type), Typical(values));
    }

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
