using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Guidance and sampler updates against float64.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class SamplerStepTests(TestDevice device)
{
    private const double F32 = 4e-13;                            // NMSE: the output is f32 whatever the model's type

    private static readonly DType[] Storage = KernelCheck.Storage;
    private static readonly SamplerCoefficients Full = new()
    {
        Guidance = 4.5f,
        GuidedChannels = 3,
        X0FromX = 1.2f,
        X0FromModel = -0.7f,
        Clip = 1.5f,
        EpsFromX = 0.3f,
        EpsFromModel = 0.9f,
        EpsFromX0 = -0.2f,
        StoreX0 = 1,
        MinLog = -6,
        MaxLog = -2,
        NoiseScale = 0.4f,
        XFromX = 0.8f,
        XFromX0 = 0.35f,
        XFromEps = -0.15f,
        H1 = 0.25f,
        H2 = -0.1f,
    };

    [Test]
    public void Matches_float64_with_everything([ValueSource(nameof(Storage))] DType type, [Values(1, 2)] int halves, [Values(0, 1)] long offset)
    {
        foreach (int pixels in new[] { 1, 5, 63, 64, 1153, 4096 })
        {
            SamplerCase data = new(type, pixels, halves * SamplerCase.Channels);
            SamplerCoefficients coefficients = Full with { LearnedVariance = halves - 1 };
            using TestMemory memory = device.Memory();
            Tensor x = data.Upload(memory, data.X, offset), x0 = data.Upload(memory, data.X, offset), slot = data.Upload(memory, data.X);
            device.Operations.SamplerStep(
                x, x0, slot, data.Upload(memory, data.History1), data.Upload(memory, data.History2, offset),
                data.UploadOutput(memory, data.Cond, offset), data.UploadOutput(memory, data.Uncond), data.Upload(memory, data.Noise), coefficients);
            (double[] wantedX, double[] wantedX0, double[] wantedStored) = data.Expected(coefficients, true, true, true, true);
            Assert.That(memory.Download(x), TensorIs.Near(wantedX, F32));
            Assert.That(memory.Download(x0), TensorIs.Near(wantedX0, F32));
            Assert.That(memory.Download(slot), TensorIs.Near(wantedStored, F32));
        }
    }

    [Test]
    public void Absent_tensors_are_left_out(
        [ValueSource(nameof(Storage))] DType type, [Values] bool guided, [Values] bool noisy, [Values] bool history)
    {
        SamplerCase data = new(type, 77, SamplerCase.Channels);
        SamplerCoefficients coefficients = Full with { Clip = 0, StoreX0 = 0, GuidedChannels = 100 };
        using TestMemory memory = device.Memory();
        Tensor x = data.Upload(memory, data.X), slot = data.Upload(memory, data.X);
        device.Operations.SamplerStep(
            x, default, history ? slot : default, history ? data.Upload(memory, data.History1) : default, default,
            data.UploadOutput(memory, data.Cond), guided ? data.UploadOutput(memory, data.Uncond) : default,
            noisy ? data.Upload(memory, data.Noise) : default, coefficients);
        (double[] wantedX, _, double[] wantedStored) = data.Expected(coefficients, guided, history, false, noisy);
        Assert.That(memory.Download(x), TensorIs.Near(wantedX, F32));
        if (history) Assert.That(memory.Download(slot), TensorIs.Near(wantedStored, F32));
    }

    [Test]
    public void A_slot_may_be_the_history_that_the_step_reads()
    {
        SamplerCase data = new(DType.F32, 501, SamplerCase.Channels);
        using TestMemory memory = device.Memory();
        Tensor x = data.Upload(memory, data.X), ring = data.Upload(memory, data.History2);
        device.Operations.SamplerStep(x, default, ring, default, ring, data.UploadOutput(memory, data.Cond), default, default, Full);
        (double[] wantedX, _, double[] wantedStored) = data.Expected(Full, false, false, true);
        Assert.That(memory.Download(x), TensorIs.Near(wantedX, F32));
        Assert.That(memory.Download(ring), TensorIs.Near(wantedStored, F32));
    }

    [Test]
    public void Model_channels_that_nobody_reads_do_no_harm([ValueSource(nameof(Storage))] DType type)
    {
        SamplerCase data = new(type, 33, 2 * SamplerCase.Channels);
        for (int i = 0; i < data.Cond.Length; i++) if (i / 33 % 8 >= 4) data.Cond[i] = data.Uncond[i] = float.NaN;
        using TestMemory memory = device.Memory();
        Tensor x = data.Upload(memory, data.X);
        device.Operations.SamplerStep(
            x, default, default, default, default, data.UploadOutput(memory, data.Cond), data.UploadOutput(memory, data.Uncond),
            data.Upload(memory, data.Noise), Full);
        Assert.That(memory.Download(x), TensorIs.Near(data.Expected(Full, noisy: true).X, F32));
    }

    [Test]
    public void A_nan_is_not_clipped_away_and_stays_where_it_is()
    {
        SamplerCase data = new(DType.F32, 70, SamplerCase.Channels);
        data.X[69] = float.NaN;
        data.Cond[3] = float.PositiveInfinity;
        using TestMemory memory = device.Memory();
        Tensor x = data.Upload(memory, data.X), x0 = data.Upload(memory, data.X);
        device.Operations.SamplerStep(x, x0, default, default, default, data.UploadOutput(memory, data.Cond), default, default, Full);
        double[] clean = memory.Download(x0);
        Assert.That(clean[69], Is.NaN);
        Assert.That(clean[3], Is.EqualTo(-Full.Clip));
        Assert.That(memory.Download(x).Count(double.IsNaN), Is.EqualTo(1));
    }

    [Test]
    public void The_place_of_a_pixel_changes_no_bit_and_neither_does_the_grid()
    {
        SamplerCase data = new(DType.F32, 5000, SamplerCase.Channels);
        foreach (float[] values in new[] { data.X, data.Noise, data.History1, data.History2, data.Cond, data.Uncond })
            for (int i = 0; i < values.Length; i++) values[i] = values[0];
        using TestMemory memory = device.Memory();
        Tensor x = data.Upload(memory, data.X), cond = data.UploadOutput(memory, data.Cond), uncond = data.UploadOutput(memory, data.Uncond);
        Tensor history1 = data.Upload(memory, data.History1), history2 = data.Upload(memory, data.History2), noise = data.Upload(memory, data.Noise);
        byte[] Run(Operations operations)
        {
            memory.Write(x, data.X);
            operations.SamplerStep(x, default, default, history1, history2, cond, uncond, noise, Full with { GuidedChannels = 4 });
            return memory.DownloadBytes(x);
        }
        KernelCheck.SameForEveryGrid(device, Run);
        byte[] expected = Run(device.Operations);
        Assert.That(memory.Download(x).Distinct().Count(), Is.EqualTo(1));
        KernelCheck.ForEveryBlock(device, operations => Assert.That(Run(operations), Is.EqualTo(expected)));
    }

    [Test]
    public void Nothing_is_done_where_there_is_nothing()
    {
        using TestMemory memory = device.Memory();
        Tensor none = memory.Allocate(DType.F32, 0, 4, 8, 8);
        Assert.That(() => device.Operations.SamplerStep(none, default, default, default, default, none, default, default, Full), Throws.Nothing);
    }

    [Test]
    public void Bad_arguments_name_both_sides()
    {
        using TestMemory memory = device.Memory();
        Operations run = device.Operations;
        Tensor x = memory.Allocate(DType.F32, 2, 4, 8, 8), wide = memory.Allocate(DType.F32, 2, 6, 8, 8);
        Tensor half = memory.Allocate(DType.F16, 2, 4, 8, 8), none = default;
        SamplerCoefficients learned = Full with { LearnedVariance = 1 };
        using (Assert.EnterMultipleScope())
        {
            KernelCheck.Refuses(() => run.SamplerStep(x, none, none, none, none, wide, none, none, Full), "f32 [2, 6, 8, 8]", "f32 [2, 4, 8, 8]");
            KernelCheck.Refuses(() => run.SamplerStep(x, none, none, none, none, x, none, none, learned), "learned variance");
            KernelCheck.Refuses(() => run.SamplerStep(x, none, none, none, none, x, half, none, Full), "uncond is f16", "cond is f32");
            KernelCheck.Refuses(() => run.SamplerStep(half, none, none, none, none, x, none, none, Full), "latents is f16", "expected f32");
            KernelCheck.Refuses(() => run.SamplerStep(x, none, wide, none, none, x, none, none, Full), "historySlot is f32 [2, 6, 8, 8]");
            KernelCheck.Refuses(() => run.SamplerStep(x, none, none, none, none, x, none, half, Full), "noise is f16");
        }
    }
}
