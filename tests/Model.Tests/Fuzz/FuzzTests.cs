using Ditto.Testing.Fuzz;
using NUnit.Framework;

namespace Ditto.Tests.Fuzz;

/// <summary>Whatever the bytes: they load or end in the typed error, with memory bounded by their size.</summary>
public sealed class FuzzTests
{
    [TestCaseSource(typeof(FuzzTargets), nameof(FuzzTargets.All))]
    public void Mutated_files_load_or_get_the_typed_error(FuzzTarget target)
    {
        FuzzRun run = FuzzRun.Of(target);
        if (TestContext.Parameters.Exists("fuzz-cases")) return;
        Assert.That(run.Loaded, Is.InRange(target.Cases / 100, target.Cases * 9 / 10), "mutations must reach both answers");
    }

    [Test]
    public void A_normal_run_makes_100_000_mutations() => Assert.That(FuzzTargets.All.Sum(target => target.Cases), Is.EqualTo(100_000));

    [TestCaseSource(typeof(FuzzTargets), nameof(FuzzTargets.All))]
    public void Seeds_load(FuzzTarget target)
    {
        foreach (byte[] seed in target.Seeds)
            Assert.That(() => target.Load(seed), Throws.Nothing);
    }
}
