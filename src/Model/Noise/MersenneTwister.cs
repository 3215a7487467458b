namespace Ditto.Noise;

/// <summary>mt19937 (Matsumoto and Nishimura 1998), 32-bit outputs, the usual initialisation from one word.</summary>
internal sealed class MersenneTwister
{
    private const int Length = 624;
    private const int Middle = 397;

    private readonly uint[] state = new uint[Length];
    private int next = Length;

    public MersenneTwister(uint seed)
    {
        state[0] = seed;
        for (uint i = 1; i < Length; i++)
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    }

    public uint Next()
    {
        if (next == Length)
            Refill();
        uint y = state[next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C_5680;
        y ^= (y << 15) & 0xEFC6_0000;
        return y ^ (y >> 18);
    }

    private void Refill()
    {
        for (int i = 0; i < Length; i++)
        {
            uint y = (state[i] & 0x8000_0000) | (state[(i + 1) % Length] & 0x7FFF_FFFF);
            state[i] = state[(i + Middle) % Length] ^ (y >> 1) ^ ((y & 1) * 0x9908_B0DF);
        }
        next = 0;
    }
}
