using Ditto.Families.DiT;
using NUnit.Framework;

namespace Ditto.Tests.DiT;

/// <summary>The presets have the sizes of the published models.</summary>
public sealed class DiTPresetTests
{
    // Parameters of the diffusers class, whose blocks each carry an embedder; widths and depths of arXiv:2212.09748, table 1.
    [TestCase("dit-s-2-256", 384, 12, 32)]
    [TestCase("dit-b-2-512", 768, 12, 64)]
    [TestCase("dit-l-2-256", 1024, 24, 32)]
    [TestCase("dit-xl-2-512", 1152, 28, 64)]
    public void Sizes_are_those_of_the_paper(string name, int width, int layers, int sampleSize)
    {
        DiTConfig config = DiTPresets.Find(name)!;
        Assert.That((config.HiddenSize, config.NumLayers, config.SampleSize), Is.EqualTo((width, layers, sampleSize)));
    }

    [Test]
    public void The_largest_has_the_published_parameters_and_work()
    {
        DiTConfig config = DiTPresets.Find("dit-xl-2-256")!;
        Assert.That(config.ParameterCount, Is.EqualTo(749_826_464));
        Assert.That(config.ForwardFlops(2, 32, 32), Is.EqualTo(475e9).Within(0.2).Percent);
        DiTCheckpoint checkpoint = new(config, sharedEmbedder: false);
        Assert.That(checkpoint.Tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (a, b) => a * b)), Is.EqualTo(config.ParameterCount));
    }

    [Test]
    public void Every_name_is_found_and_no_other()
    {
        Assert.That(DiTPresets.Names, Has.Count.EqualTo(8).And.Unique);
        Assert.That(DiTPresets.Names.Select(DiTPresets.Find), Has.All.Not.Null);
        Assert.That(DiTPresets.Find("dit-xl-2"), Is.Null);
    }
}
