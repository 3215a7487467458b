using Ditto.Pipelines;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>Classes by id, by name and by synonym.</summary>
public sealed class ClassNamesTests
{
    private static readonly Dictionary<int, string> Fishes = new()
    {
        [0] = "tench, Tinca tinca",
        [1] = "goldfish, Carassius auratus",
        [2] = "great white shark, white shark",
    };

    private static readonly ClassNames Names = new(Fishes, 3);

    [TestCase("1", new[] { 1 })]
    [TestCase("tinca TINCA", new[] { 0 })]
    [TestCase("white shark,0, goldfish ", new[] { 2, 0, 1 })]
    [TestCase("3", new[] { 3 })]
    public void Are_found(string list, int[] expected) => Assert.That(Names.Select([list], 1), Is.EqualTo(expected));

    [Test]
    public void Repeats_stand_side_by_side() => Assert.That(Names.Select(["2,0", "1"], 2), Is.EqualTo(new[] { 2, 2, 0, 0, 1, 1 }));

    [Test]
    public void No_list_is_class_0() => Assert.That(Names.Select([], 1), Is.EqualTo(new[] { 0 }));

    [TestCase("4")]
    [TestCase("-1")]
    [TestCase("99999999999999999999")]
    [TestCase("shark")]
    [TestCase(" , ")]
    public void Unknown_ones_are_answered_with_the_known(string list) => Assert.That(
        () => Names.Select([list], 1),
        Throws.TypeOf<RequestException>().With.Message.Contains("0 to 2").And.Message.Contains("tench, goldfish"));

    [Test]
    public void Many_names_are_cut_short()
    {
        ClassNames many = new(Enumerable.Range(0, 1000).ToDictionary(id => id, id => $"name{id}"), 1000);
        Assert.That(many.Describe(), Does.EndWith("...").And.Length.LessThan(200));
    }

    [Test]
    public void A_name_cannot_steer_the_terminal() =>
        Assert.That(new ClassNames(new Dictionary<int, string> { [0] = "cat\u001b[2J\0" }, 1)[0], Is.EqualTo("cat?[2J?"));
}
