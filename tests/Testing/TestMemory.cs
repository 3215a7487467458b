using Ditto.Interop;

namespace Ditto.Testing;

/// <summary>
/// Device tensors of one test, freed together. Each is the end of a block of its own; with <c>DITTO_CPU_GUARD=1</c> the byte after it faults.
/// </summary>
public sealed class TestMemory : IDisposable
{
    private readonly TestDevice device;
    private readonly List<DeviceMemory> blocks = [];

    internal TestMemory(TestDevice device) => this.device = device;

    /// <summary>An uninitialised contiguous tensor.</summary>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Lengths.</param>
    public Tensor Allocate(DType type, params ReadOnlySpan<long> shape) => AllocateAt(type, 0, shape);

    /// <summary>An uninitialised contiguous tensor whose address is as misaligned as its offset says.</summary>
    /// <param name="type">Element type.</param>
    /// <param name="elementOffset">Elements from the block's start: a 256-byte boundary, but between guard pages any address.</param>
    /// <param name="shape">Lengths.</param>
    public Tensor AllocateAt(DType type, long elementOffset, params ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long length in shape) count *= length;
        DeviceMemory block = device.Device.Allocate(Math.Max(1, (count + elementOffset) * type.ByteSize()));
        blocks.Add(block);
        return block.View(type, elementOffset * type.ByteSize(), shape);
    }

    /// <summary>A contiguous tensor with these values, rounded to its type.</summary>
    /// <param name="values">The values.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Lengths.</param>
    public Tensor Upload(ReadOnlySpan<float> values, DType type, params ReadOnlySpan<long> shape)
    {
        Tensor tensor = Allocate(type, shape);
        Write(tensor, values);
        return tensor;
    }

    /// <summary>A contiguous tensor with these bytes.</summary>
    /// <typeparam name="T">Host element type.</typeparam>
    /// <param name="values">The values.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Lengths.</param>
    public Tensor UploadRaw<T>(ReadOnlySpan<T> values, DType type, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        Tensor tensor = Allocate(type, shape);
        device.Device.CopyToDevice(tensor, values);
        return tensor;
    }

    /// <summary>A tensor whose rows lie further apart than they are long; the gaps hold NaN.</summary>
    /// <param name="values">The values, row by row.</param>
    /// <param name="type">A floating-point type.</param>
    /// <param name="gap">Elements between rows.</param>
    /// <param name="shape">Lengths.</param>
    public Tensor UploadStrided(ReadOnlySpan<float> values, DType type, long gap, params ReadOnlySpan<long> shape)
    {
        long length = shape[^1], rows = length == 0 ? 0 : values.Length / length, pitch = length + gap;
        float[] padded = new float[rows * pitch];
        Array.Fill(padded, float.NaN);
        for (int row = 0; row < rows; row++) values.Slice((int)(row * length), (int)length).CopyTo(padded.AsSpan((int)(row * pitch)));
        long[] wide = shape.ToArray();
        wide[^1] = pitch;
        return Upload(padded, type, wide).Slice(shape.Length - 1, 0, length);
    }

    /// <summary>Writes values into a contiguous tensor, rounded to its type.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="values">The values.</param>
    public void Write(Tensor tensor, ReadOnlySpan<float> values) =>
        device.Device.CopyToDevice<byte>(tensor, Numbers.ToBytes(values, tensor.DType));

    /// <summary>The values of a tensor, in row-major order, after all work queued on the device's stream.</summary>
    /// <param name="tensor">Any strides.</param>
    public double[] Download(Tensor tensor) => Numbers.ToDoubles(DownloadBytes(tensor), tensor.DType);

    /// <summary>The bytes of a tensor's elements, in row-major order, after all work queued on the device's stream.</summary>
    /// <param name="tensor">Any strides.</param>
    public byte[] DownloadBytes(Tensor tensor)
    {
        byte[] bytes = new byte[tensor.ByteCount];
        if (bytes.Length == 0) return bytes;
        if (tensor.IsContiguous)
        {
            device.Stream.CopyToHost(bytes.AsSpan(), tensor);
            return bytes;
        }
        int each = bytes.Length / (int)tensor[0];
        for (int i = 0; i < tensor[0]; i++) DownloadBytes(tensor.Select(i)).CopyTo(bytes, i * each);
        return bytes;
    }

    /// <summary>Waits for the stream and frees the tensors.</summary>
    public void Dispose()
    {
        bool isLost = false;
        try
        {
            device.Stream.Synchronize();
        }
        catch (DeviceException lost) when (lost.IsDeviceLost)
        {
            isLost = true;
            throw;
        }
        finally
        {
            foreach (DeviceMemory block in blocks) block.Dispose();
            blocks.Clear();
            if (isLost) device.Reopen();
        }
    }
}
