using Ditto.Demo;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Tests.DiT;

/// <summary>What a forward pass queues, counted by a trace, against the closed formula of its work.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class ForwardWorkTests(TestDevice device)
{
    private static readonly DiTConfig Small = DiTPresets.Find("dit-s-2-256")! with { NumLayers = 2, NumAttentionHeads = 2, SampleSize = 8 };

    [TearDown]
    public void Stop() => device.Operations.Trace = null;

    [TestCase(1, DType.F32)]
    [TestCase(2, DType.F32)]
    [TestCase(2, DType.BF16)]
    public void The_demo_computes_what_the_formula_says(int batch, DType type)
    {
        using DiTModel model = DiTModel.Load(Path.Combine(DemoModel.ModelDirectory, "transformer"), device.Device, type);
        Assert.That(TracedFlops(model, batch), Is.EqualTo(Flops(model.Config, batch)));
    }

    [Test]
    public void A_random_model_runs_with_one_embedder_and_gives_finite_values()
    {
        using DiTModel model = DiTModel.CreateRandom(Small, device.Device, DType.F32);
        Assert.That(model.Embedders, Has.Length.EqualTo(1));
        Assert.That(TracedFlops(model, batch: 2), Is.EqualTo(Flops(Small, 2)));
        float[] first = Output(model), second;
        using (DiTModel again = DiTModel.CreateRandom(Small, device.Device, DType.F32)) second = Output(again);
        using DiTModel other = DiTModel.CreateRandom(Small, device.Device, DType.F32, seed: 1);
        Assert.That(first, Has.All.InRange(-100f, 100f).And.Some.GreaterThan(0.01f));
        Assert.That(second, Is.EqualTo(first));
        Assert.That(Output(other), Is.Not.EqualTo(first));
    }

    [Test]
    public void A_trace_changes_no_bit()
    {
        using DiTModel model = DiTModel.CreateRandom(Small, device.Device, DType.F32);
        float[] expected = Output(model);
        using OperationTrace trace = new(device.Device);
        device.Operations.Trace = trace;
        Assert.That(Output(model), Is.EqualTo(expected));
        Assert.That(trace.Count, Is.Positive);
    }

    [TestCase(3, 2, 8, 8, "multiple")]
    [TestCase(0, 1, 8, 8, "at least 1")]
    [TestCase(2, 1, 7, 8, "patch size 2")]
    [TestCase(2, 1, 8, 0, "patch size 2")]
    public void A_shape_that_cannot_run_is_refused(int batch, int latentBatch, int height, int width, string expected)
    {
        using DiTModel model = DiTModel.CreateRandom(Small, device.Device, DType.F32);
        Assert.That(
            () => model.CreateForward(device.Operations, batch, latentBatch, height, width),
            Throws.ArgumentException.With.Message.Contains(expected));
    }

    /// <summary>As <see cref="DiTConfig.ForwardFlops"/>, but with the timestep's embedder once: the checkpoint's copies are equal.</summary>
    private static long Flops(DiTConfig config, int batch)
    {
        long grid = config.SampleSize / config.PatchSize, n = grid * grid, h = config.HiddenSize;
        long block = (24 * n * h * h) + (4 * n * n * h) + (12 * h * h);
        long ends = (2 * n * h * (config.PatchInput + config.PatchOutput)) + (4 * h * h), embedder = 2 * ((256 * h) + (h * h));
        long formula = batch * ((config.NumLayers * block) + ends + embedder);
        double published = config.ForwardFlops(batch, config.SampleSize, config.SampleSize);
        Assert.That(published - formula, Is.EqualTo(batch * (config.NumLayers - 1) * embedder));
        return formula;
    }

    private long TracedFlops(DiTModel model, int batch)
    {
        using DiTForward forward = Prepare(model, batch);
        using OperationTrace trace = new(device.Device);
        device.Operations.Trace = trace;
        forward.Run();
        device.Operations.Trace = null;
        return trace.Read().Sum(operation => operation.Flops);
    }

    private float[] Output(DiTModel model)
    {
        using DiTForward forward = Prepare(model, batch: 2);
        forward.Run();
        device.Stream.Synchronize();
        float[] output = new float[forward.Output.ElementCount];
        device.Device.CopyToHost<float>(output, forward.Output);
        return output;
    }

    private DiTForward Prepare(DiTModel model, int batch)
    {
        int edge = model.Config.SampleSize;
        DiTForward forward = model.CreateForward(device.Operations, batch, batch, edge, edge);
        device.Device.CopyToDevice<float>(forward.Latents, new RandomTensors(seed: 9).Normal(forward.Latents.ElementCount));
        device.Device.CopyToDevice<float>(forward.Timesteps, [.. Enumerable.Repeat(321f, batch)]);
        device.Device.CopyToDevice<int>(forward.Labels, new int[batch]);
        return forward;
    }
}
