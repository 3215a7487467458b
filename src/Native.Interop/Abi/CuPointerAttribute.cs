namespace Ditto.Interop;

/// <summary>What can be asked of a pointer. Values and names are those of the CUDA headers.</summary>
[Abi("CUpointer_attribute_enum")]
internal enum CuPointerAttribute
{
    CU_POINTER_ATTRIBUTE_CONTEXT = 1,
    CU_POINTER_ATTRIBUTE_MEMORY_TYPE = 2,
    CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL = 9,
}
