using System.Globalization;
using Ditto.Noise;
using Ditto.Safetensors;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.Noise;

/// <summary>Both generators against PyTorch's.</summary>
public sealed class NoiseReferenceTests
{
    private const double Tolerance = 2e-6;                           // PyTorch's vectorised log and cos round differently

    public static IEnumerable<string> CpuCases() => Names().Where(
        name => name.EndsWith(".first", StringComparison.Ordinal)).Select(name => name[..^".first".Length]);

    public static IEnumerable<string> PhiloxCases() => Names().Where(name => name.StartsWith("philox.", StringComparison.Ordinal));

    [TestCaseSource(nameof(CpuCases))]
    public void Torch_cpu_generator_equals_two_calls_of_randn(string name)
    {
        using SafetensorsFile file = Open();
        float[] first = file[name + ".first"].ToSingles(), second = file[name + ".second"].ToSingles();
        TorchCpuGenerator generator = new(ulong.Parse(Part(name, 1, "seed"), CultureInfo.InvariantCulture));
        float[] actual = new float[first.Length];
        generator.FillNormal(actual);
        Assert.That(actual, Is.EqualTo(first).Within(Tolerance));
        generator.FillNormal(actual);
        Assert.That(actual, Is.EqualTo(second).Within(Tolerance));
    }

    [TestCaseSource(nameof(PhiloxCases))]
    public void Philox_generator_equals_the_published_values(string name)
    {
        using SafetensorsFile file = Open();
        float[] expected = file[name].ToSingles();
        ulong seed = ulong.Parse(Part(name, 1, "seed"), CultureInfo.InvariantCulture), offset = ulong.Parse(
            Part(name, 2, "offset"), CultureInfo.InvariantCulture);
        PhiloxGenerator generator = new(seed, offset);
        float[] actual = new float[expected.Length];
        generator.FillNormal(actual);
        Assert.That(actual, Is.EqualTo(expected).Within(Tolerance));
        Assert.That(generator.Offset, Is.EqualTo(offset + 1));
    }

    [Test]
    public void A_value_kept_by_the_scalar_path_outlives_a_vector_call()
    {
        TorchCpuGenerator generator = new(42), whole = new(42);
        float[] one = new float[1], sixteen = new float[16], pair = new float[2];
        whole.FillNormal(pair);
        generator.FillNormal(one);
        Assert.That(one[0], Is.EqualTo(pair[0]));
        generator.FillNormal(sixteen);
        generator.FillNormal(one);
        Assert.That(one[0], Is.EqualTo(pair[1]));
    }

    [Test]
    public void Seeds_beyond_32_bits_count_by_their_low_word()
    {
        float[] low = new float[100], high = new float[100];
        new TorchCpuGenerator(7).FillNormal(low);
        new TorchCpuGenerator(7 + (3UL << 32)).FillNormal(high);
        Assert.That(high, Is.EqualTo(low));
        Assert.DoesNotThrow(() => new TorchCpuGenerator(7).FillNormal(Array.Empty<float>()));
    }

    [Test]
    public void A_small_launch_takes_four_values_from_each_thread_and_then_moves_on()
    {
        const int threads = 8;
        PhiloxGenerator generator = new(5, 3);
        float[] values = new float[threads * 4 + 3];
        generator.FillNormal(values, threads);
        float[] wide = new float[threads], next = new float[threads];
        new PhiloxGenerator(5, 3).FillNormal(wide);
        new PhiloxGenerator(5, 4).FillNormal(next);
        Assert.That(values[..threads], Is.EqualTo(wide), "the first output of every thread");
        Assert.That(values[(threads * 4)..], Is.EqualTo(next[..3]), "the second round");
        Assert.That(values.Distinct().Count(), Is.EqualTo(values.Length));
        Assert.That(generator.Offset, Is.EqualTo(5UL));
        for (int i = 0; i < threads; i++)                            // sine and cosine of one angle: sin^2 + cos^2 gives the radius
            Assert.That(values[i] * values[i] + values[threads + i] * values[threads + i], Is.GreaterThan(0));
    }

    [Test]
    public void Both_generators_are_standard_normal()
    {
        float[] torch = new float[200_000], philox = new float[200_000];
        new TorchCpuGenerator(1).FillNormal(torch);
        new PhiloxGenerator(1).FillNormal(philox, 4096);
        foreach (float[] values in new[] { torch, philox })
        {
            double mean = values.Average(x => (double)x);
            Assert.That(mean, Is.Zero.Within(0.01));
            Assert.That(values.Average(x => (x - mean) * (x - mean)), Is.EqualTo(1).Within(0.015));
        }
    }

    private static SafetensorsFile Open() => SafetensorsFile.Open(Repository.Reference("noise/noise.safetensors"));

    private static string[] Names()
    {
        using SafetensorsFile file = Open();
        return [.. file.Tensors.Keys.Order(StringComparer.Ordinal)];
    }

    private static string Part(string name, int index, string prefix) => name.Split('.')[index][prefix.Length..];
}
