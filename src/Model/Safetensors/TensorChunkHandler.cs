namespace Ditto.Safetensors;

/// <summary>Takes a piece of a tensor's bytes.</summary>
/// <param name="byteOffset">Where the piece begins within the tensor, in bytes.</param>
/// <param name="bytes">The piece; valid during the call only.</param>
public delegate void TensorChunkHandler(long byteOffset, ReadOnlySpan<byte> bytes);
