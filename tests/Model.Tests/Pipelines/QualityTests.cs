using System.Text.Json;
using Ditto.Configuration;
using Ditto.Demo;
using Ditto.Imaging;
using Ditto.Pipelines;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.Pipelines;

/// <summary>The demo model's pictures are as good as those that the reference implementation makes from the same seed.</summary>
public sealed class QualityTests
{
    /// <summary>One picture in 300, on the border between two classes, may move by rounding; the distance, by the file's last digits.</summary>
    private const double AccuracyTolerance = 1.0 / 300;

    private const double DistanceTolerance = 0.01;

    [Test]
    public void Three_hundred_pictures_are_judged_as_those_of_the_reference()
    {
        JsonElement quality = ConfigFile.Read(Repository.Reference("demo/quality.json"));
        int count = quality.GetProperty("samples").GetInt32();
        GenerationOptions options = new()
        {
            ClassLabels = [.. Enumerable.Range(0, count).Select(i => i % 10)],
            StepCount = quality.GetProperty("steps").GetInt32(),
            GuidanceScale = quality.GetProperty("guidance_scale").GetSingle(),
            Seed = quality.GetProperty("seed").GetInt64(),
        };
        float[] pictures = DemoPipeline.Generate(options);
        Evaluation evaluation = Evaluator.Open(DemoModel.EvaluatorPath).Evaluate(pictures, [.. options.ClassLabels]);
        TestContext.Out.WriteLine($"accuracy {evaluation.ClassAccuracy:f4}, Frechet distance {evaluation.FrechetDistance:f4}");
        Assert.That(evaluation.ClassAccuracy, Is.EqualTo(quality.GetProperty("class_accuracy").GetDouble()).Within(AccuracyTolerance));
        Assert.That(evaluation.FrechetDistance, Is.EqualTo(quality.GetProperty("frechet_distance").GetDouble()).Within(DistanceTolerance));
    }
}
