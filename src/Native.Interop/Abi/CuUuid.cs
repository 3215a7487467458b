using System.Runtime.CompilerServices;

namespace Ditto.Interop;

/// <summary>The 16 bytes that name one physical device.</summary>
[Abi("CUuuid_st")]
[InlineArray(16)]
internal struct CuUuid
{
    private byte first;
}
