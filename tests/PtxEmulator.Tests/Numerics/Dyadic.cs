using System.Numerics;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Numerics;

/// <summary>significand * 2^exponent in integers of any size: the exact arithmetic that results are compared with.</summary>
internal readonly record struct Dyadic(BigInteger Significand, int Exponent)
{
    public bool IsNegative => Significand.Sign < 0;

    public Dyadic Magnitude => this with { Significand = BigInteger.Abs(Significand) };

    public static Dyadic operator +(Dyadic a, Dyadic b)
    {
        int exponent = Math.Min(a.Exponent, b.Exponent);
        return new((a.Significand << (a.Exponent - exponent)) + (b.Significand << (b.Exponent - exponent)), exponent);
    }

    public static Dyadic operator *(Dyadic a, Dyadic b) => new(a.Significand * b.Significand, a.Exponent + b.Exponent);

    public static Dyadic operator -(Dyadic a) => a with { Significand = -a.Significand };

    public static Dyadic Of(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int field = (int)(bits >> 52) & 0x7ff;
        Assert.That(field, Is.LessThan(0x7ff), "an oracle's operand is finite");
        BigInteger significand = (bits & 0x000f_ffff_ffff_ffff) | (field == 0 ? 0 : 1L << 52);
        return new(bits < 0 ? -significand : significand, Math.Max(field, 1) - 1075);
    }

    public int CompareTo(Dyadic other) => (this + -other).Significand.Sign;
}
