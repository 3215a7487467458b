using Ditto.Interop;
using Ditto.Samplers;

namespace Ditto.Verification;

/// <summary>Steps a sampler on a device with given network outputs: latents, a ring of three history slots and the step's noise.</summary>
internal sealed class SamplerRun : IDisposable
{
    private const int Ring = 3;
    private readonly Device device;
    private readonly ISampler sampler;
    private readonly DeviceStream stream;
    private readonly Operations ops;
    private readonly DeviceMemory memory;
    private readonly Tensor latents, output, noise;
    private readonly Tensor[] history = new Tensor[Ring];

    /// <summary>Allocates latents, output, noise and history.</summary>
    /// <param name="device">Runs the steps.</param>
    /// <param name="sampler">The sampler.</param>
    /// <param name="sampleShape">(batch, channels, ...) of the latents.</param>
    /// <param name="outputShape">(batch, channels or twice that, ...) of the network's output.</param>
    public SamplerRun(Device device, ISampler sampler, ReadOnlySpan<long> sampleShape, ReadOnlySpan<long> outputShape)
    {
        this.device = device;
        this.sampler = sampler;
        stream = device.CreateStream();
        ops = device.CreateOperations(stream);
        long[] sample = FourDimensions(sampleShape), predicted = FourDimensions(outputShape);
        long bytes = Product(sample) * sizeof(float), stride = (bytes + 255) / 256 * 256;
        memory = device.Allocate(((Ring + 2) * stride) + (Product(predicted) * sizeof(float)));
        latents = memory.View(DType.F32, 0, sample);
        noise = memory.View(DType.F32, stride, sample);
        for (int i = 0; i < Ring; i++) history[i] = memory.View(DType.F32, (2 + i) * stride, sample);
        output = memory.View(DType.F32, (Ring + 2) * stride, predicted);
    }

    /// <summary>The latents before the first and after every step, one after the other.</summary>
    public float[] Trajectory(float[] start, float[] outputs, float[]? drawn)
    {
        int size = (int)latents.ElementCount, outputSize = (int)output.ElementCount;
        float[] trajectory = new float[(sampler.StepCount + 1) * size];
        start.AsSpan(0, size).CopyTo(trajectory);
        device.CopyToDevice<float>(latents, start.AsSpan(0, size));
        for (int step = 0; step < sampler.StepCount; step++)
        {
            device.CopyToDevice<float>(output, outputs.AsSpan(step * outputSize, outputSize));
            if (drawn is not null) device.CopyToDevice<float>(noise, drawn.AsSpan(step * size, size));
            Step(step, drawn is not null);
            stream.Synchronize();
            device.CopyToHost<float>(trajectory.AsSpan((step + 1) * size, size), latents);
        }
        return trajectory;
    }

    public void Dispose()
    {
        memory.Dispose();
        ops.Dispose();
        stream.Dispose();
    }

    private void Step(int step, bool hasNoise)
    {
        SamplerCoefficients coefficients = SamplerKernel.Coefficients(sampler.Step(step), guidance: 1f, guidedChannels: 0);
        Tensor history1 = step > 0 ? history[(step - 1) % Ring] : default, history2 = step > 1 ? history[(step - 2) % Ring] : default;
        ops.SamplerStep(latents, default, history[step % Ring], history1, history2, output, default, hasNoise ? noise : default, coefficients);
    }

    /// <summary>(batch, channels, the rest flattened, 1).</summary>
    private static long[] FourDimensions(ReadOnlySpan<long> shape) => [shape[0], shape[1], Product(shape[2..].ToArray()), 1];

    private static long Product(long[] shape) => shape.Aggregate(1L, (product, length) => product * length);
}
