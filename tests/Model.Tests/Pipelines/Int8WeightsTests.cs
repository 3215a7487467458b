using Ditto.Demo;
using Ditto.Imaging;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Pipelines;
using NUnit.Framework;

namespace Ditto.Tests.Pipelines;

/// <summary>The demo model with int8 weights: nearly the pictures of f32, in half of the memory, and bits that depend on nothing else.</summary>
public sealed class Int8WeightsTests
{
    /// <summary>The pictures lie in [-1, 1].</summary>
    private const double Peak = 2;

    private DiTPipeline pipeline = null!;

    [OneTimeSetUp]
    public void Load() => pipeline = DiTPipeline.Load(DemoModel.ModelDirectory, DemoPipeline.Device, DType.F32, WeightStorage.Int8);

    [OneTimeTearDown]
    public void Unload() => pipeline.Dispose();

    /// <summary>
    /// Measured: 51.9 dB on average and 37.8 at least, the same accuracy, distances of 9.01 and 8.99. The bounds allow twice the error.
    /// </summary>
    [Test]
    public void Forty_pictures_are_those_of_f32_to_within_the_measured_error()
    {
        GenerationOptions options = new()
        {
            ClassLabels = [.. Enumerable.Range(0, 40).Select(i => i % 10)],
            StepCount = 20,
            GuidanceScale = 1.5f,
            Seed = 3,
        };
        float[] exact = DemoPipeline.Generate(options), pictures = Generate(options);
        Evaluator evaluator = Evaluator.Open(DemoModel.EvaluatorPath);
        Evaluation expected = evaluator.Evaluate(exact, [.. options.ClassLabels]), actual = evaluator.Evaluate(pictures, [.. options.ClassLabels]);
        int size = exact.Length / 40;
        double[] ratios =
        [
            .. Enumerable.Range(0, 40).Select(i => ImageMetrics.PeakSignalToNoise(
                ImageMetrics.MeanSquaredError(exact.AsSpan(i * size, size), pictures.AsSpan(i * size, size)), Peak)),
        ];
        TestContext.Out.WriteLine($"PSNR {ratios.Average():f1} dB on average, {ratios.Min():f1} at least; accuracy {expected.ClassAccuracy:f3} "
            + $"and {actual.ClassAccuracy:f3}, Frechet distance {expected.FrechetDistance:f3} and {actual.FrechetDistance:f3}");
        Assert.That(ratios.Average(), Is.GreaterThan(46));
        Assert.That(ratios.Min(), Is.GreaterThan(32));
        Assert.That(actual.ClassAccuracy, Is.EqualTo(expected.ClassAccuracy).Within(0.05), "two of forty");
        Assert.That(actual.FrechetDistance, Is.EqualTo(expected.FrechetDistance).Within(0.1));
    }

    [Test]
    public void The_weights_take_half_of_the_memory_and_inspection_knows_it()
    {
        ModelSummary summary = ModelInspection.Inspect(DemoModel.ModelDirectory, DType.F32, DemoPipeline.Request, WeightStorage.Int8);
        using DiTSession session = pipeline.CreateSession();
        Assert.That(session.Generate(DemoPipeline.Request).PoolBytes, Is.EqualTo(summary.PoolBytes));
        Assert.That(pipeline.Transformer.WeightBytes, Is.EqualTo(summary.WeightBytes));
        Assert.That(summary.WeightBytes, Is.LessThan(0.53 * DemoPipeline.Instance.Transformer.WeightBytes), "embedders and modulation stay f32");
    }

    [Test]
    public void Seed_chunks_threads_and_sessions_do_not_change_a_bit()
    {
        float[] expected = Generate(DemoPipeline.Request);
        Assert.That(expected, Is.Not.EqualTo(DemoPipeline.Generate(DemoPipeline.Request)));
        Assert.That(Generate(DemoPipeline.Request with { MaxBatch = 1 }), Is.EqualTo(expected));
        Assert.That(Generate(DemoPipeline.Request with { MaxBatch = 2 }), Is.EqualTo(expected));
        int threads = DemoPipeline.Device.ThreadCount;
        try
        {
            foreach (int count in (int[])[1, 3])
            {
                DemoPipeline.Device.ThreadCount = count;
                Assert.That(Generate(DemoPipeline.Request), Is.EqualTo(expected), $"{count} threads");
            }
        }
        finally
        {
            DemoPipeline.Device.ThreadCount = threads;
        }
    }

    /// <summary>Measured: 42.5 dB in bf16, 47.7 in f16.</summary>
    [TestCase(DType.BF16, 36.5)]
    [TestCase(DType.F16, 41.7)]
    public void Half_precision_runs_with_int8_weights_too(DType type, double least)
    {
        using DiTPipeline half = DiTPipeline.Load(DemoModel.ModelDirectory, DemoPipeline.Device, type, WeightStorage.Int8);
        using DiTSession session = half.CreateSession();
        float[] exact = DemoPipeline.Generate(DemoPipeline.Request), pictures = session.Generate(DemoPipeline.Request).Latents;
        double ratio = ImageMetrics.PeakSignalToNoise(ImageMetrics.MeanSquaredError(exact, pictures), Peak);
        TestContext.Out.WriteLine($"PSNR {ratio:f1} dB");
        Assert.That(ratio, Is.GreaterThan(least));
    }

    private float[] Generate(GenerationOptions options)
    {
        using DiTSession session = pipeline.CreateSession();
        return session.Generate(options).Latents;
    }
}
