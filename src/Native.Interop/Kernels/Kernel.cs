using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>A compiled and loaded kernel. It lives as long as its device is open.</summary>
public sealed unsafe class Kernel
{
    private readonly ModuleHandle module;
    private readonly nint function;

    internal Kernel(string source, string nameExpression, ModuleHandle module, nint function, string log)
    {
        Source = source;
        NameExpression = nameExpression;
        this.module = module;
        this.function = function;
        Log = log;
        NumRegisters = Attribute(CuFunctionAttribute.CU_FUNC_ATTRIBUTE_NUM_REGS);
        SharedBytes = Attribute(CuFunctionAttribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
        LocalBytes = Attribute(CuFunctionAttribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
        MaxThreads = Attribute(CuFunctionAttribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
    }

    /// <summary>The source file below <c>kernels/</c>.</summary>
    public string Source { get; }

    /// <summary>The C++ name, for example <c>layernorm_modulate&lt;bf16&gt;</c>.</summary>
    public string NameExpression { get; }

    /// <summary>Registers of one thread; 0 where the device does not say.</summary>
    public int NumRegisters { get; }

    /// <summary>Static shared memory of one block in bytes.</summary>
    public int SharedBytes { get; }

    /// <summary>Local memory (stack and spills) of one thread in bytes.</summary>
    public int LocalBytes { get; }

    /// <summary>The largest block that this kernel can be launched with.</summary>
    public int MaxThreads { get; }

    /// <summary>The compiler's log.</summary>
    public string Log { get; }

    /// <summary>The driver's function, after a check that its device is still open.</summary>
    internal nint Function
    {
        get
        {
            ObjectDisposedException.ThrowIf(module.IsClosed, typeof(Device));
            return function;
        }
    }

    /// <summary>Allows launches with this much dynamic shared memory; more than 48 KiB must be allowed once before the launch.</summary>
    /// <param name="bytes">Dynamic shared memory of one block in bytes.</param>
    /// <exception cref="DeviceException">The device has less.</exception>
    public void AllowDynamicSharedBytes(int bytes)
    {
        ContextHandle context = module.Owner;
        using ContextScope current = context.Push();
        CuResult result = context.Driver.cuFuncSetAttribute(Function, CuFunctionAttribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes);
        if (result != CuResult.CUDA_SUCCESS)
            throw context.Error(result, nameof(CudaDriver.cuFuncSetAttribute), Invariant($"{bytes} bytes of shared memory for {NameExpression}"));
    }

    /// <summary>How many blocks of this kernel one multiprocessor holds at a time.</summary>
    /// <param name="blockThreads">Threads of a block.</param>
    /// <param name="dynamicSharedBytes">Dynamic shared memory of a block in bytes.</param>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public int MaxActiveBlocks(int blockThreads, long dynamicSharedBytes = 0)
    {
        ContextHandle context = module.Owner;
        using ContextScope current = context.Push();
        int blocks;
        CuResult result = context.Driver.cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, Function, blockThreads, (nuint)dynamicSharedBytes);
        if (result != CuResult.CUDA_SUCCESS)
        {
            throw context.Error(
                result, nameof(CudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor), Invariant($"{NameExpression}, block {blockThreads}"));
        }
        return blocks;
    }

    /// <summary>The name expression and the source file.</summary>
    public override string ToString() => $"{NameExpression} of {Source}";

    private int Attribute(CuFunctionAttribute attribute)
    {
        ContextHandle context = module.Owner;
        using ContextScope current = context.Push();
        int value;
        CuResult result = context.Driver.cuFuncGetAttribute(&value, attribute, function);
        if (result != CuResult.CUDA_SUCCESS) throw context.Error(result, nameof(CudaDriver.cuFuncGetAttribute), $"{attribute} of {NameExpression}");
        return value;
    }
}
