using Ditto.Configuration;
using Ditto.Demo;
using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.Pipelines;

/// <summary>Requests outside their range and model directories that cannot be used name what is wrong and what is allowed.</summary>
public sealed class RequestTests
{
    private static readonly GenerationOptions Good = DemoPipeline.Request;

    private static readonly (GenerationOptions Options, string[] Says)[] Refused =
    [
        (Good with { StepCount = 0 }, ["steps", "0", "1 to 1000"]),
        (Good with { StepCount = -1 }, ["steps", "-1"]),
        (Good with { StepCount = 1_000_000_000 }, ["steps", "1000000000"]),
        (Good with { GuidanceScale = float.NaN }, ["guidance scale", "NaN"]),
        (Good with { GuidanceScale = float.PositiveInfinity }, ["guidance scale", "Infinity"]),
        (Good with { GuidanceScale = 1e30f }, ["guidance scale", "0 to 1000"]),
        (Good with { ClassLabels = [] }, ["class labels", "0"]),
        (Good with { ClassLabels = [11] }, ["class label", "11", "0 to 10"]),
        (Good with { ClassLabels = [-1] }, ["class label", "-1"]),
        (Good with { Height = 0 }, ["height", "0"]),
        (Good with { Width = 7 }, ["width", "7", "multiple of the patch size 2"]),
        (Good with { Width = -512 }, ["width", "-512"]),
        (Good with { Width = int.MaxValue }, ["width", "2147483647"]),
        (Good with { MaxBatch = 0 }, ["max batch", "0"]),
        (Good with { Latents = new float[5] }, ["latents", "5 values", "3 x 1 x 28 x 28"]),
        (Good with { Latents = Enumerable.Repeat(float.NaN, 3 * 28 * 28).ToArray() }, ["latents", "finite"]),
        (Good with { Sampler = "euler" }, ["sampler", "euler", "ddim"]),
        (Good with { Sampler = "unipc" }, ["sampler", "unipc", "ddim"]),
    ];

    [TestCaseSource(nameof(RefusedIndices))]
    public void A_request_outside_its_range_is_refused(int index)
    {
        (GenerationOptions options, string[] says) = Refused[index];
        using DiTSession session = DemoPipeline.Instance.CreateSession();
        RequestException error = Assert.Throws<RequestException>(() => session.Generate(options))!;
        foreach (string text in says) Assert.That(error.Message, Does.Contain(text));
    }

    [TestCase("transformer/config.json", "\"num_attention_heads\": 2", "\"num_attention_heads\": 0", "num_attention_heads")]
    [TestCase("transformer/config.json", "\"num_layers\": 10", "\"num_layers\": 11", "transformer_blocks.10.")]
    [TestCase("transformer/config.json", "\"attention_head_dim\": 64", "\"attention_head_dim\": 32", "expected [64")]
    [TestCase("transformer/config.json", "DiTTransformer2DModel", "Unknown", "_class_name")]
    [TestCase("model_index.json", "DiTPipeline", "OtherPipeline", "OtherPipeline")]
    [TestCase("scheduler/scheduler_config.json", "DDIMScheduler", "OtherScheduler", "OtherScheduler")]
    public void A_directory_that_contradicts_itself_is_refused(string file, string from, string to, string says)
    {
        using TemporaryFolder copy = TemporaryFolder.CopyOf(DemoModel.ModelDirectory);
        string path = Path.Combine(copy.Path, file), text = File.ReadAllText(path);
        Assert.That(text, Does.Contain(from));
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
        long bytes = DemoPipeline.Device.LiveBytes;
        ModelConfigException error = Assert.Throws<ModelConfigException>(() => DiTPipeline.Load(copy.Path, DemoPipeline.Device).Dispose())!;
        Assert.That(error.Message, Does.Contain(says));
        Assert.That(DemoPipeline.Device.LiveBytes, Is.EqualTo(bytes), "a refused model leaves nothing on the device");
    }

    [Test]
    public void Inspection_plans_what_a_session_then_allocates()
    {
        ModelSummary summary = ModelInspection.Inspect(DemoModel.ModelDirectory, DType.F32, Good);
        using DiTSession session = DemoPipeline.Instance.CreateSession();
        Assert.That(session.Generate(Good).PoolBytes, Is.EqualTo(summary.PoolBytes));
        Assert.That(DemoPipeline.Instance.Transformer.WeightBytes, Is.EqualTo(summary.WeightBytes));
        Assert.That(summary.FileBytes, Is.EqualTo(2 * summary.ParameterCount), "f16 weights");
    }

    private static IEnumerable<int> RefusedIndices() => Enumerable.Range(0, Refused.Length);
}
