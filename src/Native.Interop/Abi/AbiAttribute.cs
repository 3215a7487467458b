namespace Ditto.Interop;

/// <summary>The C name that a managed enum or struct stands for, so that a test can compare it with the CUDA headers.</summary>
/// <param name="name">The tag of the C enum or struct, for example <c>cudaError_enum</c>.</param>
[AttributeUsage(AttributeTargets.Enum | AttributeTargets.Struct)]
internal sealed class AbiAttribute(string name) : Attribute
{
    /// <summary>The tag of the C enum or struct.</summary>
    public string Name { get; } = name;
}
