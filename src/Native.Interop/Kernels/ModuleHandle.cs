using System.Text;
using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>A loaded binary with kernels in it.</summary>
internal sealed unsafe class ModuleHandle : DeviceHandle
{
    private const int LogBytes = 8192;

    private ModuleHandle(ContextHandle context, nint native)
        : base(context, native)
    {
    }

    /// <summary>The context that the module is loaded into.</summary>
    public ContextHandle Owner => Context;

    /// <summary>Loads a binary (cubin, or PTX text that ends in NUL).</summary>
    /// <exception cref="DeviceException">The driver refused; the message holds its log.</exception>
    public static ModuleHandle Load(ContextHandle context, ReadOnlySpan<byte> image, string kernel)
    {
        byte[] log = new byte[LogBytes];
        CuJitOption* options = stackalloc CuJitOption[] { CuJitOption.CU_JIT_ERROR_LOG_BUFFER, CuJitOption.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES };
        using ContextScope current = context.Push();
        fixed (byte* imageBytes = image)
        fixed (byte* logBytes = log)
        {
            void** values = stackalloc void*[] { logBytes, (void*)LogBytes };
            nint module;
            CuResult result = context.Driver.cuModuleLoadDataEx(&module, imageBytes, 2, options, values);
            if (result == CuResult.CUDA_SUCCESS) return new ModuleHandle(context, module);
            string text = Encoding.UTF8.GetString(log).TrimEnd('\0');
            throw context.Error(result, nameof(CudaDriver.cuModuleLoadDataEx), Invariant($"{kernel}, {image.Length} bytes. {text}"));
        }
    }

    /// <summary>A kernel of the module.</summary>
    /// <exception cref="DeviceException">There is none of that name.</exception>
    public nint Function(string loweredName)
    {
        using ContextScope current = Context.Push();
        fixed (byte* name = Encoding.UTF8.GetBytes(loweredName + '\0'))
        {
            nint function;
            CuResult result = Context.Driver.cuModuleGetFunction(&function, Native, name);
            if (result != CuResult.CUDA_SUCCESS) throw Context.Error(result, nameof(CudaDriver.cuModuleGetFunction), loweredName);
            return function;
        }
    }

    private protected override bool Free(nint native) => Context.Driver.cuModuleUnload(native) == CuResult.CUDA_SUCCESS;
}
