namespace Ditto.Interop;

/// <summary>One shipped kernel: a template and its arguments.</summary>
/// <param name="Index">Position in <see cref="KernelCatalog.All"/>.</param>
/// <param name="Source">The source file below <c>kernels/</c>, for example <c>transformer/attention.cu</c>.</param>
/// <param name="NameExpression">The C++ name, for example <c>attention&lt;bf16, 64&gt;</c>.</param>
/// <param name="DType">The storage type that it works on; of a conversion, the type that is read.</param>
public sealed record KernelEntry(int Index, string Source, string NameExpression, DType DType);
