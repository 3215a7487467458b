using Ditto.Interop;

namespace Ditto.Verification;

/// <summary>Reads device tensors of any storage type and row stride as f32.</summary>
internal sealed class DeviceTensors(Operations operations)
{
    /// <summary>All values, row-major. Waits for the stream.</summary>
    public float[] ToHost(Tensor tensor)
    {
        float[] values = new float[tensor.ElementCount];
        using DeviceMemory memory = operations.Device.Allocate(Math.Max(1, values.Length) * sizeof(float));
        long rows = tensor.IsContiguous ? 1 : tensor[0], rowLength = values.Length / Math.Max(1, rows);
        for (long row = 0; row < rows; row++)
        {
            Tensor source = tensor.IsContiguous ? tensor : tensor.Slice(0, row, 1);
            operations.Convert(memory.View(DType.F32, row * rowLength * sizeof(float), rowLength), source.Reshape(-1));
        }
        operations.Stream.Synchronize();
        operations.Device.CopyToHost<float>(values, memory.View(DType.F32, 0, values.Length));
        return values;
    }
}
