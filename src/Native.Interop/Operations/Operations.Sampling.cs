using static System.FormattableString;

namespace Ditto.Interop;

/// <content>Guidance with the sampler's update, and noise.</content>
public sealed unsafe partial class Operations
{
    /// <summary>
    /// Guidance and one sampler step in one pass; <see cref="SamplerCoefficients"/> has the equations. Latents, history and noise are f32
    /// whatever the model's type.
    /// </summary>
    /// <param name="latents">(batch, channels, ...), f32, contiguous; updated.</param>
    /// <param name="x0">Takes the (clamped) x0; as latents, or absent.</param>
    /// <param name="historySlot">Takes D; as latents, or absent. May be one of the histories: they are read first.</param>
    /// <param name="history1">The last step's D; as latents, or absent.</param>
    /// <param name="history2">The D before that; as latents, or absent.</param>
    /// <param name="cond">(batch, channels or 2 channels, ...), f32, bf16 or f16, contiguous.</param>
    /// <param name="uncond">As cond; absent for no guidance.</param>
    /// <param name="noise">As latents; absent for none.</param>
    /// <param name="coefficients">The step.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit; the message names both sides.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void SamplerStep(
        Tensor latents, Tensor x0, Tensor historySlot, Tensor history1, Tensor history2, Tensor cond, Tensor uncond, Tensor noise,
        in SamplerCoefficients coefficients)
    {
        KernelFamily family = KernelCatalog.GuidanceSamplerStep;
        ShapeCheck.Type(family.Name, "latents", latents, DType.F32);
        ShapeCheck.Contiguous(family.Name, "latents", latents);
        if (latents.Rank < 2) throw new ArgumentException($"{family.Name}: latents is {latents}, expected (batch, channels, ...)");
        CheckAsLatents(family.Name, "x0", x0, latents);
        CheckAsLatents(family.Name, "historySlot", historySlot, latents);
        CheckAsLatents(family.Name, "history1", history1, latents);
        CheckAsLatents(family.Name, "history2", history2, latents);
        CheckAsLatents(family.Name, "noise", noise, latents);
        CheckModelOutput(family.Name, cond, uncond, latents, coefficients);
        KernelEntry entry = family[cond.DType];
        int batch = ShapeCheck.Int(family.Name, "batch", latents[0]), channels = ShapeCheck.Int(family.Name, "channels", latents[1]);
        if (latents.ElementCount == 0) return;
        long pixels = latents.ElementCount / batch / channels;
        SamplerCoefficients copy = coefficients;
        Trace?.Declare(
            OperationKind.Kernel, (2 * latents.ByteCount) + x0.ByteCount + historySlot.ByteCount + history1.ByteCount + history2.ByteCount
            + cond.ByteCount + uncond.ByteCount + noise.ByteCount);
        Launch(
            Device.Kernels.Get(entry), SpanGeometry(batch * (long)channels * SpanCount(pixels), DType.F32), latents, x0, historySlot, history1,
            history2, cond, uncond, noise, batch, channels, (int)cond[1], pixels, KernelArgument.ByReference(&copy));
    }

    /// <summary>
    /// Standard normal noise equal to that of PyTorch's CUDA generator (Philox4x32-10 and Box-Muller) to a few units of the last f32 place.
    /// Source: Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3.
    /// </summary>
    /// <param name="y">f32, bf16 or f16, contiguous.</param>
    /// <param name="seed">The generator's seed.</param>
    /// <param name="offset">Calls made before this one: PyTorch's own offset divided by 4.</param>
    /// <param name="launchThreads">Blocks times threads of the launch that PyTorch would make, which shapes its stream beyond so many elements;
    /// 0 where it would be at least the element count.</param>
    /// <exception cref="ArgumentException">The tensor is not contiguous or has another type.</exception>
    /// <exception cref="ArgumentOutOfRangeException">launchThreads is negative.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void PhiloxNormal(Tensor y, ulong seed, ulong offset, long launchThreads = 0)
    {
        KernelFamily family = KernelCatalog.PhiloxNormal;
        ArgumentOutOfRangeException.ThrowIfNegative(launchThreads);
        ShapeCheck.Contiguous(family.Name, "y", y);
        KernelEntry entry = family[y.DType];
        long count = y.ElementCount;
        if (count == 0) return;
        long length = launchThreads > 0 && launchThreads < count ? launchThreads : count, rounds = (count + length - 1) / length;
        Trace?.Declare(OperationKind.Kernel, y.ByteCount);
        Launch(Device.Kernels.Get(entry), SpanGeometry(rounds * SpanCount(length), DType.F32), y, count, seed, offset, launchThreads);
    }

    private static void CheckAsLatents(string operation, string name, in Tensor tensor, in Tensor latents)
    {
        if (tensor.IsNull) return;
        ShapeCheck.Type(operation, name, tensor, DType.F32);
        ShapeCheck.SameShape(operation, name, tensor, "latents", latents);
        ShapeCheck.Contiguous(operation, name, tensor);
    }

    private static void CheckModelOutput(
        string operation, in Tensor cond, in Tensor uncond, in Tensor latents, in SamplerCoefficients coefficients)
    {
        ShapeCheck.Contiguous(operation, "cond", cond);
        bool halves = cond.Rank == latents.Rank && cond[1] == 2 * latents[1];
        if (cond.Rank != latents.Rank || cond[0] != latents[0] || (cond[1] != latents[1] && !halves)
            || !cond.Shape[2..].SequenceEqual(latents.Shape[2..]))
            throw new ArgumentException($"{operation}: cond is {cond}, latents is {latents}: expected that shape, or twice the channels");
        if (coefficients.LearnedVariance != 0 && !halves)
            throw new ArgumentException($"{operation}: cond is {cond}, latents is {latents}: a learned variance needs twice the channels");
        if (coefficients.GuidedChannels < 0)
            throw new ArgumentException(Invariant($"{operation}: {coefficients.GuidedChannels} guided channels, cond is {cond}"));
        if (uncond.IsNull) return;
        CheckAlike(operation, "uncond", uncond, "cond", cond);
        ShapeCheck.Contiguous(operation, "uncond", uncond);
    }
}
