using System.Runtime.InteropServices;
using Ditto.Safetensors;
using NUnit.Framework;

namespace Ditto.Tests.Safetensors;

/// <summary>Random weights: the same wherever and in whatever pieces they are read, spread as layers are initialised.</summary>
public sealed class RandomWeightsTests
{
    private const int Rows = 50, Columns = 40;

    [Test]
    public void Matrices_are_uniform_and_bounded_by_the_fan_in()
    {
        float[] values = Open(seed: 1)["a.weight"].ToSingles();
        double bound = 1 / Math.Sqrt(Columns), variance = values.Average(value => (double)value * value);
        Assert.That(values, Has.Length.EqualTo(Rows * Columns).And.All.InRange((float)-bound, (float)bound).And.All.Not.Zero);
        Assert.That(values.Average(), Is.Zero.Within(0.1 * bound));
        Assert.That(variance, Is.EqualTo(bound * bound / 3).Within(10).Percent);
        Assert.That(values.Count(value => value < 0), Is.EqualTo(Rows * Columns / 2).Within(10).Percent);
        Assert.That(values.Distinct().Count(), Is.GreaterThan(0.99 * values.Length));
    }

    [Test]
    public void Any_piece_is_the_same_as_in_the_whole()
    {
        TensorEntry entry = Open(seed: 1)["a.weight"];
        float[] whole = entry.ToSingles();
        for (int first = 0; first < 4; first++)
        {
            for (int count = 0; count < 6; count++)
            {
                float[] piece = new float[count];
                entry.Read(first * sizeof(float), MemoryMarshal.AsBytes(piece.AsSpan()));
                Assert.That(piece, Is.EqualTo(whole[first..(first + count)]), $"{count} from {first}");
            }
        }
        List<float> chunks = [];
        entry.ReadChunks((_, bytes) => chunks.AddRange(MemoryMarshal.Cast<byte, float>(bytes)), chunkByteCount: 24);
        Assert.That(chunks, Is.EqualTo(whole));
    }

    [Test]
    public void Values_depend_on_seed_and_seed_name_alone()
    {
        using RandomWeights source = Open(seed: 1), again = Open(seed: 1), other = Open(seed: 2);
        float[] a = source["a.weight"].ToSingles();
        Assert.That(again["a.weight"].ToSingles(), Is.EqualTo(a));
        Assert.That(other["a.weight"].ToSingles(), Is.Not.EqualTo(a));
        Assert.That(source["b.weight"].ToSingles(), Is.Not.EqualTo(a));
        Assert.That(source["twin.a.weight"].ToSingles(), Is.EqualTo(a));
        Assert.That(source["a.bias"].ToSingles(), Has.All.InRange(-0.02f, 0.02f));
        Assert.That(() => source.CheckValues(), Throws.Nothing);
    }

    [Test]
    public void Half_an_element_is_not_read() =>
        Assert.That(() => Open(seed: 1)["a.weight"].Read(2, new byte[4]), Throws.ArgumentException.With.Message.Contains("whole elements"));

    private static RandomWeights Open(ulong seed) => new(
        "random", [("a.weight", [Rows, Columns]), ("b.weight", [Rows, Columns]), ("twin.a.weight", [Rows, Columns]), ("a.bias", [Rows])], seed,
        name => name.Replace("twin.", "", StringComparison.Ordinal));
}
