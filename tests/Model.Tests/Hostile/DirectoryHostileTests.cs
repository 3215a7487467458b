using System.Runtime.InteropServices;
using Ditto.Configuration;
using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Safetensors;
using Ditto.Tests.Pipelines;
using NUnit.Framework;

namespace Ditto.Tests.Hostile;

/// <summary>Model directories of unknown origin: inspecting and loading give the same typed error, and nothing is left on the device.</summary>
public sealed class DirectoryHostileTests
{
    private const int Factor = 40;
    private static readonly GenerationOptions Request = new() { ClassLabels = [0, 1], StepCount = 2, GuidanceScale = 2f };

    [TestCaseSource(typeof(DirectoryTable), nameof(DirectoryTable.Configs))]
    public void A_bad_config_gets_its_error(HostileCase<Action<TinyModel>> row) => Refuse<ModelConfigException>(row);

    [TestCaseSource(typeof(DirectoryTable), nameof(DirectoryTable.Formats))]
    public void A_bad_weight_file_gets_its_error(HostileCase<Action<TinyModel>> row) => Refuse<ModelFormatException>(row);

    [TestCaseSource(typeof(DirectoryTable), nameof(DirectoryTable.Loaded))]
    public void An_odd_directory_loads_with_a_warning(HostileCase<Action<TinyModel>> row)
    {
        using TinyModel model = new();
        row.Make(model);
        ModelSummary summary = ModelInspection.Inspect(model.Directory, DType.F32, Request);
        using DiTPipeline pipeline = DiTPipeline.Load(model.Directory, DemoPipeline.Device);
        Assert.That(pipeline.Warnings, Is.EqualTo(summary.Warnings).And.Count.EqualTo(1));
        foreach (string text in row.Says)
            Assert.That(pipeline.Warnings[0], Does.Contain(text));
    }

    [Test]
    public void Every_line_about_directories_has_a_row()
    {
        IEnumerable<int> lines = DirectoryTable.Configs.Concat(DirectoryTable.Formats).Concat(DirectoryTable.Loaded).Select(row => row.Line);
        int[] filesThatDoNotExistYet = [58, 60];                     // tokenizers and LoRA
        Assert.That(
            lines.Where(line => line >= 46).Concat(filesThatDoNotExistYet).Distinct().Order(), Is.EqualTo(Enumerable.Range(46, 17)));
    }

    /// <summary>Line 48: what stays inside is no harm, in whatever way it is linked.</summary>
    [Test]
    public void Links_within_the_directory_load()
    {
        using TinyModel model = new();
        foreach (string name in new[] { TinyModel.Config, TinyModel.Weights, TinyModel.Index })
        {
            string path = model.Path(name), real = model.Path(name + ".real");
            File.Move(path, real);
            File.CreateSymbolicLink(path, real);
        }
        string alias = model.Outside("alias");
        Directory.CreateSymbolicLink(alias, model.Directory);
        using DiTPipeline pipeline = DiTPipeline.Load(alias, DemoPipeline.Device);
        Assert.That(pipeline.ClassNames[1], Is.EqualTo("dog, hound"));
    }

    /// <summary>Line 44.</summary>
    [TestCase(float.NaN, "\"transformer_blocks.1.ff.net.2.weight\"[77] is NaN")]
    [TestCase(float.PositiveInfinity, "\"transformer_blocks.1.ff.net.2.weight\"[77] is infinite")]
    public void Values_that_are_not_finite_are_named_on_request(float value, string says)
    {
        using TinyModel model = new();
        Assert.That(() => ModelInspection.CheckValues(model.Directory), Throws.Nothing);
        byte[] bad = BitConverter.GetBytes(value);
        model.Change(tensor =>
        {
            if (tensor.Name == "transformer_blocks.1.ff.net.2.weight") bad.CopyTo(MemoryMarshal.AsMemory(tensor.Bytes)[308..]);
            return tensor;
        });
        Refusal.Of<ModelFormatException>([says, model.Path("transformer")], Size(model), Factor, () => ModelInspection.CheckValues(model.Directory));
    }

    /// <summary>Line 45: zeros and denormals are numbers like others.</summary>
    [TestCase(0f)]
    [TestCase(1e-40f)]
    public void Weights_of_nothing_run(float scale)
    {
        using TinyModel model = new(scale);
        using DiTPipeline pipeline = DiTPipeline.Load(model.Directory, DemoPipeline.Device);
        using DiTSession session = pipeline.CreateSession();
        Assert.That(session.Generate(Request).Latents.All(float.IsFinite), Is.True);
    }

    /// <summary>A request that the model cannot carry out is refused by its configs alone.</summary>
    [TestCase(101, "«steps» is 101; allowed: 1 to 100")]
    [TestCase(0, "«steps» is 0; allowed: 1 to 1000")]
    public void More_steps_than_the_scheduler_knows_are_a_request_error(int steps, string says)
    {
        using TinyModel model = new();
        DiTPipelineConfig config = DiTPipelineConfig.Open(model.Directory);
        File.Delete(model.Path(TinyModel.Weights));
        Refusal.Of<RequestException>([says], 0, 0, () => config.Check(Request with { StepCount = steps }));
        Assert.That(() => config.Check(Request), Throws.Nothing);
    }

    private static void Refuse<TError>(HostileCase<Action<TinyModel>> row)
        where TError : Exception
    {
        using TinyModel model = new();
        row.Make(model);
        long size = Size(model), live = DemoPipeline.Device.LiveBytes;
        string[] says = [.. row.Says.Append(model.Directory)];
        Refusal.Of<TError>(says, size, Factor, () => ModelInspection.Inspect(model.Directory, DType.F32, Request));
        Refusal.Of<TError>(says, size, Factor, () => DiTPipeline.Load(model.Directory, DemoPipeline.Device).Dispose());
        Assert.That(DemoPipeline.Device.LiveBytes, Is.EqualTo(live), "a refused model leaves nothing on the device");
    }

    private static long Size(TinyModel model) => new DirectoryInfo(model.Directory)
        .EnumerateFiles("*", SearchOption.AllDirectories)
        .Where(file => file.LinkTarget is null)
        .Sum(file => file.Length);
}
