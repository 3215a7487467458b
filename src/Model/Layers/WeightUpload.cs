using Ditto.Configuration;
using Ditto.Interop;
using Ditto.Safetensors;
using static System.FormattableString;

namespace Ditto.Layers;

/// <summary>
/// Copies tensors of a checkpoint to the device piece by piece as they are stored, and converts them there. Pinned pieces take turns: one is
/// read from the file while others are copied.
/// </summary>
internal sealed class WeightUpload : IDisposable
{
    private const int PieceBytes = 4 << 20;              // large enough for several threads to copy, small enough for a last-level cache
    private const int PieceCount = 4;                    // reading goes on while the system is slow to find pages for one copy
    private readonly Device device;
    private readonly WeightSource source;
    private readonly DeviceStream stream;
    private readonly Operations ops;
    private readonly HostMemory[] pieces = new HostMemory[PieceCount];
    private readonly DeviceEvent[] copied = new DeviceEvent[PieceCount];
    private DeviceMemory? staging;                       // where types differ
    private int turn;

    public WeightUpload(Device device, WeightSource source)
    {
        this.device = device;
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
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Queues a part for the start of a flat tensor.</summary>
    /// <returns>Elements that will be written.</returns>
    public long Write(Tensor target, WeightPart part) => ByPieces(part, 1, (first, count, piece, type) =>
    {
        Tensor slot = target.Slice(0, first, count), raw = type == slot.DType ? slot : Staging().View(type, 0, count);
        Copy(raw, piece);
        if (type != slot.DType) ops.Convert(slot, raw);
    });

    /// <summary>Queues a part whose rows have some length, quantised, for the first rows of an int8 weight.</summary>
    /// <param name="values">(rows, padded length) i8.</param>
    /// <param name="scales">(rows) f32.</param>
    /// <param name="length">Elements of a row of the part.</param>
    /// <param name="part">The part.</param>
    /// <returns>Elements of the part.</returns>
    /// <exception cref="ModelConfigException">A row does not fit into a piece.</exception>
    public long Quantize(Tensor values, Tensor scales, long length, WeightPart part) => ByPieces(part, length, (first, count, piece, type) =>
    {
        long rows = count / length;
        Tensor raw = Staging().View(type, 0, rows, length);
        Copy(raw, piece);
        ops.QuantizeRows(values.Slice(0, first / length, rows), scales.Slice(0, first / length, rows), raw);
    });

    /// <summary>Waits until everything is written.</summary>
    public void Finish() => stream.Synchronize();

    /// <summary>Frees the pieces; the driver waits for copies that still use them.</summary>
    public void Dispose()
    {
        staging?.Dispose();
        foreach (HostMemory? piece in pieces) piece?.Dispose();          // null where the constructor failed
        foreach (DeviceEvent? point in copied) point?.Dispose();
        ops.Dispose();
        stream.Dispose();
    }

    /// <summary>Takes a piece: its first element in the part, its number of elements, where they lie, and their type: f32, bf16 or f16.</summary>
    private delegate void PieceHandler(long first, long count, HostMemory piece, DType type);

    /// <summary>Walks through a part in whole units of some elements. Types other than f32, bf16 and f16 are widened to f32 on the host.</summary>
    private long ByPieces(WeightPart part, long unit, PieceHandler handle)
    {
        TensorEntry entry = source.Get(part.Name, part.Shape);
        DType type = entry.DType;
        int size = type.ByteSize();
        byte[]? repacked = null;
        if (part.Repack is not null)
        {
            byte[] all = new byte[entry.ByteCount];
            entry.Read(all);
            repacked = part.Repack(all, size);
        }
        bool isWidened = type is not (DType.F32 or DType.BF16 or DType.F16);
        long count = (repacked?.Length ?? entry.ByteCount) / size, perPiece = PieceBytes / Math.Max(size, sizeof(float)) / unit * unit;
        if (perPiece == 0)
            throw new ModelConfigException(source.Location, Invariant($"{Quoted.Path(part.Name)}: rows of {unit} elements are too long for int8"));
        byte[] stored = isWidened ? new byte[perPiece * size] : [];
        for (long done = 0; done < count; done += perPiece)
        {
            int length = (int)Math.Min(perPiece, count - done);
            HostMemory piece = NextPiece();
            Span<byte> bytes = isWidened ? stored.AsSpan(0, length * size) : piece.AsSpan<byte>()[..(length * size)];
            if (repacked is null) entry.Read(done * size, bytes);
            else repacked.AsSpan((int)(done * size), bytes.Length).CopyTo(bytes);
            if (isWidened) TensorConversion.ToSingle(type, bytes, piece.AsSpan<float>()[..length]);
            handle(done, length, piece, isWidened ? DType.F32 : type);
        }
        return count;
    }

    private HostMemory NextPiece()
    {
        turn = (turn + 1) % PieceCount;
        copied[turn].Synchronize();
        return pieces[turn];
    }

    private void Copy(Tensor raw, HostMemory piece)
    {
        stream.CopyToDevice(raw, piece);
        stream.Record(copied[turn]);
    }

    private DeviceMemory Staging() => staging ??= device.Allocate(
        PieceBytes, "a buffer to convert weights in", "the storage type of the file, or a device with more memory");
}
