using Ditto.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Ditto.Safetensors;

/// <summary>A file on disk that is read piece by piece; safe against files that shrink and against several readers at once.</summary>
internal sealed class FileTensorData : TensorData
{
    private readonly SafeFileHandle handle;

    private FileTensorData(string path, SafeFileHandle handle, long length)
        : base(path)
    {
        this.handle = handle;
        Length = length;
    }

    public override long Length { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="ModelFormatException">It is missing, too small, no regular file, or the operating system refuses.</exception>
    public static FileTensorData Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length < SafetensorsFile.PrefixByteCount)   // a pipe or device has length 0, and opening it could block for ever
                throw SafetensorsFile.TooSmall(path, file.Length);
            handle = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            FileTensorData data = new(path, handle, RandomAccess.GetLength(handle));
            handle = null;
            return data;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ModelFormatException(path, $"cannot be opened: {Quoted.Path(e.Message)}", e);
        }
        finally
        {
            handle?.Dispose();
        }
    }

    public override void Read(long offset, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            int count;
            try
            {
                count = RandomAccess.Read(handle, destination[done..], DataOffset + offset + done);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ModelFormatException(Name, $"cannot be read: {Quoted.Path(e.Message)}", e);
            }
            if (count == 0)
                throw Shrunk(done, destination.Length);
            done += count;
        }
    }

    public override bool TryMap(long offset, int byteCount, out ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        bytes = default;
        return false;
    }

    public override void Dispose() => handle.Dispose();
}
