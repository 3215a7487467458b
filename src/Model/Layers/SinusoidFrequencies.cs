namespace Ditto.Layers;

/// <summary>
/// The frequencies of the sinusoidal timestep embedding. At timestep 999 one unit in the last place of a frequency turns its angle by 6e-5 rad
/// and moves a prediction by 1e-4, so the table is made once, on the host, and is the same on every device.
/// Source: diffusers <c>get_timestep_embedding</c>, in f32 and in its order.
/// </summary>
public static class SinusoidFrequencies
{
    /// <summary>f_k = exp(-ln(10000) k / (half - downscaleFreqShift)).</summary>
    /// <param name="half">Number of frequencies: half of the embedding's channels.</param>
    /// <param name="downscaleFreqShift">1 for DiT, 0 for the other families.</param>
    /// <remarks>
    /// Every value is the exactly rounded exp of the f32 exponent, but for two of DiT's: there exp lies within 0.007 units of the middle between
    /// two f32, and PyTorch on x86 (whose exp is good to about 0.51 units) takes the other one. Recorded predictions decide: with the two
    /// exchanged, timestep embeddings agree with the reference to 3e-7, without to 3e-6 only.
    /// </remarks>
    public static float[] Table(int half, int downscaleFreqShift)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(half, 1);
        float[] table = new float[half];
        for (int k = 0; k < half; k++)
        {
            float exponent = (float)-Math.Log(10000) * k / (half - downscaleFreqShift);
            table[k] = (float)Math.Exp(exponent);
        }
        if ((half, downscaleFreqShift) == (128, 1))
        {
            table[10] = MathF.BitIncrement(table[10]);
            table[52] = MathF.BitDecrement(table[52]);
        }
        return table;
    }
}
