namespace Ditto.Samplers;

/// <summary>The few numpy and torch functions that schedules are made with, equal to the last bit where schedules depend on it.</summary>
internal static class Numeric
{
    /// <summary>numpy.linspace in f64: both ends included.</summary>
    public static double[] Linspace(double start, double stop, int count)
    {
        double[] values = new double[count];
        double step = count > 1 ? (stop - start) / (count - 1) : 0;
        for (int i = 0; i < count; i++)
            values[i] = i * step + start;
        if (count > 1)
            values[^1] = stop;
        return values;
    }

    /// <summary>torch.linspace in f32: the second half counts back from the end.</summary>
    public static float[] LinspaceSingle(float start, float stop, int count)
    {
        float[] values = new float[count];
        float step = count > 1 ? (stop - start) / (count - 1) : 0;
        for (int i = 0; i < count; i++)
            values[i] = i < count / 2 ? MathF.FusedMultiplyAdd(step, i, start) : MathF.FusedMultiplyAdd(-step, count - i - 1, stop);
        if (count == 1)
            values[0] = start;
        return values;
    }

    /// <summary>numpy.arange(start, 0, step) for a negative step.</summary>
    public static double[] ArangeDown(double start, double step)
    {
        double[] values = new double[(int)Math.Ceiling(-start / step)];
        double delta = start + step - start;
        for (int i = 0; i < values.Length; i++)
            values[i] = start + i * delta;
        return values;
    }

    /// <summary>torch.cumprod in f32, which multiplies in f64 and rounds each result.</summary>
    public static float[] CumulativeProduct(ReadOnlySpan<float> factors)
    {
        float[] products = new float[factors.Length];
        double product = 1;
        for (int i = 0; i < factors.Length; i++)
        {
            product *= factors[i];
            products[i] = (float)product;
        }
        return products;
    }
}
