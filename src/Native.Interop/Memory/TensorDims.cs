using System.Runtime.CompilerServices;

namespace Ditto.Interop;

/// <summary>Room for the lengths or strides of one tensor, inside the struct.</summary>
[InlineArray(Tensor.MaxRank)]
internal struct TensorDims
{
    private long first;
}
