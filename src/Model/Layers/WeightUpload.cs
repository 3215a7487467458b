using System.Runtime.InteropServices;
using Ditto.Interop;
using Ditto.Safetensors;

namespace Ditto.Layers;

/// <summary>Copies tensors of a checkpoint to the device piece by piece as they are stored, and converts them there through a small buffer.</summary>
internal sealed class WeightUpload : IDisposable
{
    private const int ChunkBytes = 8 << 20;
    private readonly Device device;
    private readonly WeightSource source;
    private readonly DeviceStream stream;
    private readonly Operations ops;
    private DeviceMemory? staging;

    public WeightUpload(Device device, WeightSource source)
    {
        this.device = device;
        this.source = source;
        stream = device.CreateStream();
        ops = device.CreateOperations(stream);
    }

    /// <summary>Writes a part to the start of a flat tensor.</summary>
    /// <returns>Elements written.</returns>
    public long Write(Tensor target, WeightPart part)
    {
        TensorEntry entry = source.Get(part.Name, part.Shape);
        DType type = entry.DType;
        int size = type.ByteSize();
        if (part.Repack is null)
        {
            entry.ReadChunks((offset, bytes) => WriteChunk(target, offset / size, type, bytes), ChunkBytes);
            return entry.ElementCount;
        }
        byte[] stored = new byte[entry.ByteCount];
        entry.Read(stored);
        byte[] repacked = part.Repack(stored, size);
        WriteChunk(target, 0, type, repacked);
        return repacked.Length / size;
    }

    public void Dispose()
    {
        staging?.Dispose();
        ops.Dispose();
        stream.Dispose();
    }

    /// <summary>f32, bf16 and f16 are converted on the device, other types widened to f32 on the host first.</summary>
    private void WriteChunk(Tensor target, long offset, DType type, ReadOnlySpan<byte> bytes)
    {
        if (type is not (DType.F32 or DType.BF16 or DType.F16))
        {
            float[] widened = new float[bytes.Length / type.ByteSize()];
            TensorConversion.ToSingle(type, bytes, widened);
            WriteChunk(target, offset, DType.F32, MemoryMarshal.AsBytes<float>(widened));
            return;
        }
        long count = bytes.Length / type.ByteSize();
        Tensor slot = target.Slice(0, offset, count);
        if (type == target.DType)
        {
            device.CopyToDevice(slot, bytes);
            return;
        }
        Tensor raw = Stage(bytes.Length).View(type, 0, count);
        device.CopyToDevice(raw, bytes);
        ops.Convert(slot, raw);
        stream.Synchronize();                            // the staging buffer is written again by the next piece
    }

    private DeviceMemory Stage(long bytes)
    {
        if (staging is not null && staging.ByteCount >= bytes) return staging;
        staging?.Dispose();
        staging = null;
        return staging = device.Allocate(bytes);
    }
}
