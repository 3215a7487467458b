using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>The tensors of a case on a device, each an allocation of its own, with their content before the launch.</summary>
internal sealed class CaseMemory : IDisposable
{
    private readonly List<DeviceMemory> memories = [];
    private readonly Dictionary<string, Tensor> tensors = new(StringComparer.Ordinal);
    private readonly DeviceStream stream;

    /// <summary>Allocates and fills.</summary>
    /// <exception cref="DeviceException">The device refused.</exception>
    public CaseMemory(Device device, DeviceStream stream, KernelCase kernel)
    {
        this.stream = stream;
        try
        {
            foreach (CaseTensor tensor in kernel.Tensors)
            {
                byte[] content = tensor.Content();
                DeviceMemory memory = device.Allocate(content.Length);
                memories.Add(memory);
                tensors[tensor.Name] = memory.View(tensor.Type, 0, tensor.Shape);
                stream.CopyToDevice<byte>(tensors[tensor.Name], content);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A tensor by its name.</summary>
    public Tensor this[string name] => tensors[name];

    /// <summary>A tensor's bytes, once all queued work is done.</summary>
    public byte[] Read(string name)
    {
        byte[] bytes = new byte[tensors[name].ByteCount];
        stream.CopyToHost<byte>(bytes, tensors[name]);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceMemory memory in memories) memory.Dispose();
    }
}
