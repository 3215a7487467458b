namespace Ditto.Noise;

/// <summary>
/// Normal noise equal to PyTorch's CUDA generator: Philox4x32-10 (Salmon et al. 2011) and cuRAND's Box-Muller, computed in f64. This is the
/// host's reference for the device kernel. Not safe for several threads.
/// </summary>
/// <param name="seed">The 64-bit key.</param>
/// <param name="offset">Counter of the first call: tools that imitate PyTorch count calls 0, 1, ...; PyTorch's own offset is 4 times that.</param>
public sealed class PhiloxGenerator(ulong seed, ulong offset = 0)
{
    private const int OutputsPerRound = 4;

    /// <summary>The 64-bit key.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>Counter of the next call.</summary>
    public ulong Offset { get; private set; } = offset;

    /// <summary>Equals one call of torch.randn(..., device="cuda") for as many f32 values, and moves the counter on.</summary>
    /// <param name="values">Takes the values.</param>
    /// <param name="launchThreads">
    /// Threads (blocks times block size) of PyTorch's kernel on the GPU to be imitated; 0 = at least as many as values, so that each thread
    /// makes one value.
    /// </param>
    public void FillNormal(Span<float> values, long launchThreads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(launchThreads);
        for (int i = 0; i < values.Length; i++)
            values[i] = Normal(Seed, Offset, i, launchThreads);
        long perRound = launchThreads * OutputsPerRound;
        Offset += perRound == 0 ? 1 : (ulong)Math.Max(1, (values.Length + perRound - 1) / perRound);
    }

    /// <summary>One value of a call.</summary>
    /// <param name="seed">The 64-bit key.</param>
    /// <param name="offset">The call's counter.</param>
    /// <param name="index">Which value of the call.</param>
    /// <param name="launchThreads">As for <see cref="FillNormal"/>.</param>
    public static float Normal(ulong seed, ulong offset, long index, long launchThreads = 0)
    {
        long thread = index, output = 0;
        if (launchThreads > 0)
        {
            thread = index % launchThreads;
            output = index / launchThreads % OutputsPerRound;
            offset += (ulong)(index / launchThreads / OutputsPerRound);
        }
        UInt128 counter = new((ulong)thread, offset);
        (uint x, uint y, uint z, uint w) = Round10(counter, seed);
        return output switch
        {
            0 => (float)BoxMuller(x, y).Sine,
            1 => (float)BoxMuller(x, y).Cosine,
            2 => (float)BoxMuller(z, w).Sine,
            _ => (float)BoxMuller(z, w).Cosine,
        };
    }

    private static (double Sine, double Cosine) BoxMuller(uint x, uint y)
    {
        const double unit = 1.0 / 4294967296;
        double radius = Math.Sqrt(-2 * Math.Log(x * unit + unit / 2));
        (double sine, double cosine) = Math.SinCos((y * unit + unit / 2) * 2 * Math.PI);
        return (radius * sine, radius * cosine);
    }

    private static (uint X, uint Y, uint Z, uint W) Round10(UInt128 counter, ulong seed)
    {
        (uint x, uint y, uint z, uint w) = ((uint)counter, (uint)(counter >> 32), (uint)(counter >> 64), (uint)(counter >> 96));
        (uint key0, uint key1) = ((uint)seed, (uint)(seed >> 32));
        for (int round = 0; round < 10; round++)
        {
            ulong a = (ulong)x * 0xD251_1F53, b = (ulong)z * 0xCD9E_8D57;
            (x, y, z, w) = ((uint)(b >> 32) ^ y ^ key0, (uint)b, (uint)(a >> 32) ^ w ^ key1, (uint)a);
            key0 += 0x9E37_79B9;
            key1 += 0xBB67_AE85;
        }
        return (x, y, z, w);
    }
}
