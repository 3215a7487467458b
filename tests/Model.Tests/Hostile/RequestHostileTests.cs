using Ditto.Pipelines;
using Ditto.Tests.Pipelines;
using NUnit.Framework;

namespace Ditto.Tests.Hostile;

/// <summary>Requests of unknown origin: refused by the configs alone and by a session, which then still works.</summary>
public sealed class RequestHostileTests
{
    private readonly TinyModel model = new();
    private DiTPipeline pipeline = null!;
    private DiTSession session = null!;

    [OneTimeSetUp]
    public void Load() => session = (pipeline = DiTPipeline.Load(model.Directory, DemoPipeline.Device)).CreateSession();

    [OneTimeTearDown]
    public void Free()
    {
        session.Dispose();
        pipeline.Dispose();
        model.Dispose();
    }

    [TestCaseSource(typeof(RequestTable), nameof(RequestTable.Refused))]
    public void A_bad_request_gets_its_error(HostileCase<GenerationOptions> row)
    {
        float[] before = session.Generate(RequestTable.Good).Latents;
        DiTPipelineConfig config = DiTPipelineConfig.Open(model.Directory);
        Refusal.Of<RequestException>(row.Says, 0, 0, () => config.Check(row.Make));
        Refusal.Of<RequestException>(row.Says, 0, 0, () => session.Generate(row.Make));
        Assert.That(session.Generate(RequestTable.Good).Latents, Is.EqualTo(before));
    }

    /// <summary>Line 73: negative seeds are documented to stand for their bits.</summary>
    [TestCase(long.MinValue)]
    [TestCase(-1)]
    [TestCase(long.MaxValue)]
    public void Every_seed_runs(long seed) =>
        Assert.That(session.Generate(RequestTable.Good with { Seed = seed }).Latents.All(float.IsFinite), Is.True);

    /// <summary>Line 71: where a patch is one pixel, guidance makes twice as many tokens as there are values.</summary>
    [Test]
    public void More_tokens_than_32_bits_count_are_refused()
    {
        using TinyModel fine = new();
        fine.Set(TinyModel.Config, "patch_size", "1");
        DiTPipelineConfig config = DiTPipelineConfig.Open(fine.Directory);
        GenerationOptions many = RequestTable.Good with { ClassLabels = new int[65536], Width = 180, Height = 180, MaxBatch = 65536 };
        Refusal.Of<RequestException>(["«max batch» is 65536, which makes 4246732800 tokens"], 0, 0, () => config.Check(many));
        Assert.That(() => config.Check(many with { MaxBatch = 16 }), Throws.Nothing);
    }

    [Test]
    public void No_request_is_an_argument_error() => Assert.That(() => session.Generate(null!), Throws.ArgumentNullException);
}
