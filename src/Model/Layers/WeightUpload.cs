using Ditto.Interop;
using Ditto.Safetensors;

namespace Ditto.Layers;

/// <summary>
/// Copies tensors of a checkpoint to the device piece by piece as they are stored, and converts them there. Two pinned pieces take turns: one is
/// read from the file while the other is copied.
/// </summary>
internal sealed class WeightUpload : IDisposable
{
    private const int PieceBytes = 1 << 20;              // stays in a core's second-level cache between reading and copying
    private readonly WeightSource source;
    private readonly DeviceStream stream;
    private readonly Operations ops;
    private readonly HostMemory?[] pieces = new HostMemory?[2];
    private readonly DeviceEvent?[] copied = new DeviceEvent?[2];
    private readonly DeviceMemory? staging;
    private int turn;

    public WeightUpload(Device device, WeightSource source)
    {
        this.source = source;
        stream = device.CreateStream();
        ops = device.CreateOperations(stream);
        try
        {
            for (int i = 0; i < pieces.Length; i++)
            {
                pieces[i] = device.AllocateHost(PieceBytes);
                copied[i] = device.CreateEvent();
            }
            staging = device.Allocate(PieceBytes, "a buffer to convert weights in", "a device with more memory");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Queues a part for the start of a flat tensor.</summary>
    /// <returns>Elements that will be written.</returns>
    public long Write(Tensor target, WeightPart part)
    {
        TensorEntry entry = source.Get(part.Name, part.Shape);
        if (part.Repack is null) return Write(target, entry.DType, entry.ByteCount, entry.Read);
        byte[] stored = new byte[entry.ByteCount];
        entry.Read(stored);
        byte[] repacked = part.Repack(stored, entry.DType.ByteSize());
        return Write(target, entry.DType, repacked.Length, (offset, bytes) => repacked.AsSpan((int)offset, bytes.Length).CopyTo(bytes));
    }

    /// <summary>Waits until everything is written.</summary>
    public void Finish() => stream.Synchronize();

    /// <summary>Frees the pieces; the driver waits for copies that still use them.</summary>
    public void Dispose()
    {
        staging?.Dispose();
        foreach (HostMemory? piece in pieces) piece?.Dispose();
        foreach (DeviceEvent? point in copied) point?.Dispose();
        ops.Dispose();
        stream.Dispose();
    }

    private delegate void Reader(long offset, Span<byte> bytes);

    /// <summary>f32, bf16 and f16 are converted on the device, other types widened to f32 on the host first.</summary>
    private long Write(Tensor target, DType type, long byteCount, Reader read)
    {
        bool isWidened = type is not (DType.F32 or DType.BF16 or DType.F16);
        int size = type.ByteSize(), perPiece = PieceBytes / Math.Max(size, sizeof(float));
        byte[] stored = isWidened ? new byte[perPiece * size] : [];
        long count = byteCount / size;
        for (long done = 0; done < count; done += perPiece)
        {
            int length = (int)Math.Min(perPiece, count - done);
            HostMemory piece = NextPiece();
            Span<byte> bytes = isWidened ? stored.AsSpan(0, length * size) : piece.AsSpan<byte>()[..(length * size)];
            read(done * size, bytes);
            if (isWidened) TensorConversion.ToSingle(type, bytes, piece.AsSpan<float>()[..length]);
            Queue(target.Slice(0, done, length), piece, isWidened ? DType.F32 : type);
        }
        return count;
    }

    private HostMemory NextPiece()
    {
        turn = 1 - turn;
        copied[turn]!.Synchronize();
        return pieces[turn]!;
    }

    private void Queue(Tensor slot, HostMemory piece, DType type)
    {
        Tensor raw = type == slot.DType ? slot : staging!.View(type, 0, slot.ElementCount);
        stream.CopyToDevice(raw, piece);
        stream.Record(copied[turn]!);
        if (type != slot.DType) ops.Convert(slot, raw);
    }
}
