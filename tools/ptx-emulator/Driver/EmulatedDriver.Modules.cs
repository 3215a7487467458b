using System.Runtime.InteropServices;
using System.Text;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Syntax;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>Modules, kernels and launches.</summary>
internal static unsafe partial class EmulatedDriver
{
    private static readonly HandleTable<LoadedModule> Modules = new(0x55, "module");
    private static readonly HandleTable<LoadedFunction> Functions = new(0x66, "kernel");

    [UnmanagedCallersOnly]
    private static CuResult cuModuleLoadDataEx(nint* module, void* image, uint optionCount, CuJitOption* options, void** values) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        RequirePointer(module, nameof(module));
        RequirePointer(image, nameof(image));
        DriverException.Require(optionCount == 0 || (options is not null && values is not null), "options are null");
        try
        {
            string text = ModuleImage.Read((byte*)image, context.Device.Product);
            *module = Modules.Add(new LoadedModule(context, EmulatedModule.Load(text, context.Device.Product.Architecture, context.Memory)));
            WriteLog(optionCount, options, values, "");
        }
        catch (PtxException wrong)
        {
            WriteLog(optionCount, options, values, wrong.Message);
            throw new DriverException(CuResult.CUDA_ERROR_INVALID_PTX, wrong.Message);
        }
        catch (DriverException refusal)
        {
            WriteLog(optionCount, options, values, refusal.Message);
            throw;
        }
    });

    [UnmanagedCallersOnly]
    private static CuResult cuModuleUnload(nint module) => Call(() =>
    {
        LoadedModule removed = Modules.Remove(module);
        lock (removed.Handles)
            foreach (nint handle in removed.Handles.Values) Functions.Remove(handle).IsUnloaded = true;
        removed.Module.Unload();
    });

    [UnmanagedCallersOnly]
    private static CuResult cuModuleGetFunction(nint* function, nint module, byte* name) => Call(() =>
    {
        RequirePointer(function, nameof(function));
        RequirePointer(name, nameof(name));
        LoadedModule found = Modules.Find(module);
        string wanted = NativeText.FromUtf8(name);
        DriverException.Require(
            found.Module.Functions.TryGetValue(wanted, out EmulatedFunction? kernel), CuResult.CUDA_ERROR_NOT_FOUND, $"no kernel {wanted}");
        lock (found.Handles)
        {
            if (!found.Handles.TryGetValue(wanted, out nint handle))
            {
                handle = Functions.Add(new LoadedFunction(found.Context, kernel!));
                found.Handles.Add(wanted, handle);
            }
            *function = handle;
        }
    });

    [UnmanagedCallersOnly]
    private static CuResult cuFuncGetAttribute(int* value, CuFunctionAttribute attribute, nint function) => Call(() =>
    {
        RequirePointer(value, nameof(value));
        DriverException.Require((int)attribute is >= 0 and < 16, $"attribute {(int)attribute}");
        LoadedFunction found = Functions.Find(function);
        *value = attribute switch
        {
            CuFunctionAttribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK => LaunchLimits.MaxThreads(found.Function),
            CuFunctionAttribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES => found.Function.StaticSharedBytes,
            CuFunctionAttribute.CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES => found.Function.LocalBytes,
            CuFunctionAttribute.CU_FUNC_ATTRIBUTE_NUM_REGS => found.Function.Registers,
            CuFunctionAttribute.CU_FUNC_ATTRIBUTE_PTX_VERSION
                or CuFunctionAttribute.CU_FUNC_ATTRIBUTE_BINARY_VERSION => found.Context.Device.Product.ComputeCapability,
            CuFunctionAttribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES => found.MaxDynamicSharedBytes,
            CuFunctionAttribute.CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT => found.Carveout,
            _ => 0,
        };
    });

    [UnmanagedCallersOnly]
    private static CuResult cuFuncSetAttribute(nint function, CuFunctionAttribute attribute, int value) => Call(() =>
    {
        LoadedFunction found = Functions.Find(function);
        switch (attribute)
        {
            case CuFunctionAttribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
                int most = found.Context.Device.Product.Limits.MaxSharedBytesPerBlock - found.Function.StaticSharedBytes;
                DriverException.Require(
                    value >= 0 && value <= most, $"{value} bytes of dynamic shared memory; a block of {found.Function.Name} has at most {most}");
                found.MaxDynamicSharedBytes = value;
                break;
            case CuFunctionAttribute.CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT:
                DriverException.Require(value is >= -1 and <= 100, $"a carve-out of {value} percent");
                found.Carveout = value;
                break;
            default:
                throw new DriverException(CuResult.CUDA_ERROR_INVALID_VALUE, $"attribute {attribute} cannot be set");
        }
    });

    [UnmanagedCallersOnly]
    private static CuResult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, nint function, int blockThreads, nuint sharedBytes) =>
        Call(() =>
        {
            RequirePointer(blocks, nameof(blocks));
            LoadedFunction found = Functions.Find(function);
            DriverException.Require(blockThreads >= 1, $"a block of {blockThreads} threads");
            long shared = (long)Math.Min(sharedBytes, int.MaxValue);
            *blocks = LaunchLimits.ActiveBlocks(found.Context.Device.Product, found.Function, blockThreads, shared);
        });

    [UnmanagedCallersOnly]
    private static CuResult cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, nint stream, void** arguments,
        void** extra) => Call(() =>
    {
        EmulatedStream target = FindStream(stream);
        LoadedFunction found = Functions.Find(function);
        DriverException.Require(found.Context == target.Context, CuResult.CUDA_ERROR_INVALID_CONTEXT, "the kernel belongs to another context");
        LaunchLimits.Check(found, (gridX, gridY, gridZ), (blockX, blockY, blockZ), sharedBytes);
        Dim3 grid = new((int)gridX, (int)gridY, (int)gridZ), block = new((int)blockX, (int)blockY, (int)blockZ);
        byte[] space = PackedArguments.Read(found.Function, arguments, extra);
        target.Enqueue(new KernelCommand(found, new KernelLaunch(found.Function, grid, block, (int)sharedBytes, space)));
    });

    // The error log gets the text, both sizes what was written: a value is an integer in place of a pointer.
    private static void WriteLog(uint optionCount, CuJitOption* options, void** values, string text)
    {
        byte* buffer = null;
        int capacity = 0;
        for (uint i = 0; i < optionCount; i++)
        {
            if (options[i] == CuJitOption.CU_JIT_ERROR_LOG_BUFFER) buffer = (byte*)values[i];
            if (options[i] == CuJitOption.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) capacity = (int)Math.Min((ulong)values[i], int.MaxValue);
        }
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int written = buffer is null ? 0 : Math.Min(bytes.Length, Math.Max(0, capacity - 1));
        if (buffer is not null && capacity > 0)
        {
            bytes.AsSpan(0, written).CopyTo(new Span<byte>(buffer, capacity));
            buffer[written] = 0;
        }
        for (uint i = 0; i < optionCount; i++)
        {
            if (options[i] == CuJitOption.CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) values[i] = (void*)written;
            if (options[i] == CuJitOption.CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES) values[i] = null;
        }
    }
}
