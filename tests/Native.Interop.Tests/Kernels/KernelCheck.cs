using System.Globalization;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>What the tests of elastic kernels share: bounds that follow from rounding, and runs with other launch geometries.</summary>
internal static class KernelCheck
{
    /// <summary>The storage types of kernels.</summary>
    public static readonly DType[] Storage = [DType.F32, DType.BF16, DType.F16];

    /// <summary>Lengths around nothing, one, packs and tiles, and one above a DiT's width.</summary>
    public static readonly int[] Lengths = [1, 5, 63, 64, 129, 1153];

    private static readonly int[] Grids = [1, 2, 7, 1000];

    /// <summary>
    /// The values lie as near to the oracle's as twice the error of rounding the oracle's own values to the storage type, plus 1e-6 relative
    /// for the f32 arithmetic; what is beyond the type's range is infinite.
    /// </summary>
    public static void Near(double[] actual, double[] expected, DType type)
    {
        double[] stored = [.. expected.Select(value => Saturated(value, type))];
        double error = 0, energy = 0;
        foreach (double value in stored.Where(double.IsFinite))
        {
            double rounding = Numbers.Round((float)value, type) - value;
            error += rounding * rounding;
            energy += value * value;
        }
        double bound = (energy == 0 ? 0 : 4 * error / energy) + 1e-12;
        Assert.That(actual, TensorIs.Near(stored, bound));
    }

    /// <summary>Each value by itself lies within a relative and an absolute distance, NaN and infinity where they should.</summary>
    public static void EachNear(double[] actual, double[] expected, DType type, Func<double, double> tolerance)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        for (int i = 0; i < expected.Length; i++)
        {
            double wanted = Saturated(expected[i], type);
            if (!double.IsFinite(wanted) || !double.IsFinite(actual[i]))
            {
                if (actual[i].Equals(wanted)) continue;
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"[{i}] = {actual[i]}, not {wanted}"));
            }
            double allowed = tolerance(wanted) + (2 * UnitInLastPlace(wanted, type));
            if (Math.Abs(actual[i] - wanted) > allowed)
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"[{i}] = {actual[i]:g9}, not {wanted:g9} within {allowed:g3}"));
        }
    }

    /// <summary>The same bytes whatever the number of blocks.</summary>
    public static void SameForEveryGrid(TestDevice device, Func<Operations, byte[]> run)
    {
        byte[] expected = run(device.Operations);
        foreach (int grid in Grids)
        {
            using Operations operations = device.Device.CreateOperations(device.Stream);
            operations.MaxGrid = grid;
            Assert.That(run(operations).AsSpan().SequenceEqual(expected), Is.True, $"grid {grid} differs");
        }
    }

    /// <summary>Operations with other blocks, powers of two or not; on a device whose blocks are one thread they are all alike.</summary>
    public static void ForEveryBlock(TestDevice device, Action<Operations> check)
    {
        foreach (int block in new[] { 1, 33, 64, 160 })
        {
            using Operations operations = device.Device.CreateOperations(device.Stream);
            operations.MaxBlock = block;
            check(operations);
        }
    }

    /// <summary>The call is refused and the message names these texts.</summary>
    public static void Refuses(Action call, params string[] named)
    {
        ArgumentException refused = Assert.Catch<ArgumentException>(() => call());
        foreach (string text in named) Assert.That(refused.Message, Does.Contain(text));
    }

    private static double Saturated(double value, DType type)
    {
        if (!double.IsFinite(value)) return value;
        float rounded = Numbers.Round((float)value, type);
        return float.IsInfinity(rounded) ? rounded : value;
    }

    private static double UnitInLastPlace(double value, DType type)
    {
        (int digits, int smallest) = type switch { DType.BF16 => (7, -126), DType.F16 => (10, -14), _ => (23, -126) };
        int exponent = value == 0 ? smallest : Math.Max(smallest, (int)Math.Floor(Math.Log2(Math.Abs(value))));
        return Math.Pow(2, exponent - digits);
    }
}
