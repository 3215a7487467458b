using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Ditto.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Ditto.Safetensors;

/// <summary>A memory-mapped file. Its length is looked at before each access, so that a file that shrank is an error and not a crash.</summary>
internal sealed class MappedTensorData : TensorData
{
    private readonly SafeFileHandle handle;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly nint address;

    private MappedTensorData(string path, SafeFileHandle handle, MemoryMappedFile map, MemoryMappedViewAccessor view, long length)
        : base(path)
    {
        this.handle = handle;
        this.map = map;
        this.view = view;
        address = view.SafeMemoryMappedViewHandle.DangerousGetHandle();
        Length = length;
    }

    public override long Length { get; }

    /// <summary>Maps a file for reading.</summary>
    /// <exception cref="ModelFormatException">It is missing, too small, or the operating system refuses.</exception>
    public static MappedTensorData Open(string path)
    {
        SafeFileHandle? handle = null;
        MemoryMappedFile? map = null;
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length < SafetensorsFile.PrefixByteCount)   // an empty file cannot be mapped, and a pipe must not be opened
                throw SafetensorsFile.TooSmall(path, file.Length);
            handle = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            map = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            MappedTensorData data = new(path, handle, map, map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read), RandomAccess.GetLength(handle));
            handle = null;
            map = null;
            return data;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ModelFormatException(path, $"cannot be mapped: {Quoted.Path(e.Message)}", e);
        }
        finally
        {
            map?.Dispose();
            handle?.Dispose();
        }
    }

    public override void Read(long offset, Span<byte> destination) => Map(offset, destination.Length).CopyTo(destination);

    public override bool TryMap(long offset, int byteCount, out ReadOnlySpan<byte> bytes)
    {
        bytes = Map(offset, byteCount);
        return true;
    }

    public override void Dispose()
    {
        view.Dispose();
        map.Dispose();
        handle.Dispose();
    }

    private ReadOnlySpan<byte> Map(long offset, int byteCount)
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        long end = DataOffset + offset + byteCount;
        long length = RandomAccess.GetLength(handle);
        if (end > Length || end > length)
            throw Shrunk(Math.Clamp(length - DataOffset - offset, 0, byteCount), byteCount);
        ref byte first = ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), address + (nint)(DataOffset + offset));
        return MemoryMarshal.CreateReadOnlySpan(ref first, byteCount);
    }
}
