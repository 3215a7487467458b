namespace Ditto.Pipelines;

/// <summary>Which of PyTorch's generators the noise equals for the same seed.</summary>
public enum RandomSource
{
    /// <summary><c>torch.Generator("cpu")</c>: mt19937, made on the host.</summary>
    TorchCpu,

    /// <summary><c>torch.Generator("cuda")</c>: Philox4x32-10, made on the device.</summary>
    Cuda,
}
