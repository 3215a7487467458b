namespace Ditto.Safetensors;

/// <summary>A file that lies in managed memory, for example an embedded resource.</summary>
internal sealed class MemoryTensorData(string name, ReadOnlyMemory<byte> file) : TensorData(name)
{
    private bool isDisposed;

    public override long Length => file.Length;

    public override void Read(long offset, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        file.Span.Slice((int)(DataOffset + offset), destination.Length).CopyTo(destination);
    }

    public override bool TryMap(long offset, int byteCount, out ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        bytes = file.Span.Slice((int)(DataOffset + offset), byteCount);
        return true;
    }

    public override void Dispose() => isDisposed = true;
}
