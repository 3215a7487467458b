using System.Numerics;

namespace Ditto.Emulation.Numerics;

/// <summary>A fixed-point number of 640 bits that holds any sum of up to 2^20 products of floats exactly.</summary>
internal unsafe struct Superaccumulator
{
    private const int Words = 10;
    private const int LowestExponent = -352;                      // of bit 0: a product of denormals, as a double, ends above it

    private fixed ulong words[Words];                             // two's complement, lowest word first

    /// <summary>Adds a number exactly.</summary>
    /// <param name="value">A finite product of two floats, or a float.</param>
    public void Add(double value)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        if (bits << 1 == 0)
            return;
        int position = ((int)(bits >> 52) & 0x7ff) - 1075 - LowestExponent;
        UInt128 shifted = (UInt128)((bits & 0x000f_ffff_ffff_ffff) | (1UL << 52)) << (position & 63);
        int word = position >> 6;
        if ((long)bits >= 0)
            Add(word, (ulong)shifted, (ulong)(shifted >> 64));
        else
            Subtract(word, (ulong)shifted, (ulong)(shifted >> 64));
    }

    /// <summary>Rounds the sum, once. A sum of zero gives +0.</summary>
    /// <typeparam name="TFormat">The format of the result.</typeparam>
    /// <param name="rounding">Direction.</param>
    public ulong Round<TFormat>(Rounding rounding)
        where TFormat : IBinaryFormat
    {
        Superaccumulator magnitude = this;
        bool negative = (long)words[Words - 1] < 0;
        if (negative)
            magnitude.Negate();
        int top = Words - 1;
        while (top > 0 && magnitude.words[top] == 0)
            top--;
        ulong significand = magnitude.words[top];
        int exponent = LowestExponent + (64 * top);
        if (top == 0)
            return Rounder.Round<TFormat>(negative, significand, exponent, rounding);
        int shift = BitOperations.LeadingZeroCount(significand);
        ulong next = magnitude.words[top - 1];
        if (shift > 0)
            (significand, next) = ((significand << shift) | (next >> (64 - shift)), next << shift);
        bool rest = next != 0;
        for (int i = top - 2; i >= 0; i--)
            rest |= magnitude.words[i] != 0;
        return Rounder.Round<TFormat>(negative, significand | (rest ? 1UL : 0), exponent - shift, rounding);
    }

    private void Add(int word, ulong low, ulong high)
    {
        ulong carry = 0;
        for (int i = word; i < Words; i++)
        {
            UInt128 sum = (UInt128)words[i] + (i == word ? low : i == word + 1 ? high : 0) + carry;
            words[i] = (ulong)sum;
            carry = (ulong)(sum >> 64);
            if (i > word && carry == 0)
                return;
        }
    }

    private void Subtract(int word, ulong low, ulong high)
    {
        ulong borrow = 0;
        for (int i = word; i < Words; i++)
        {
            UInt128 difference = (UInt128)words[i] - (i == word ? low : i == word + 1 ? high : 0) - borrow;
            words[i] = (ulong)difference;
            borrow = (ulong)(difference >> 64) & 1;
            if (i > word && borrow == 0)
                return;
        }
    }

    private void Negate()
    {
        ulong carry = 1;
        for (int i = 0; i < Words; i++)
        {
            words[i] = ~words[i] + carry;
            carry = carry != 0 && words[i] == 0 ? 1UL : 0;
        }
    }
}
