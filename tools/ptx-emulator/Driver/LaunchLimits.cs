using Ditto.Emulation.Counting;
using Ditto.Emulation.Execution;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>What a launch may ask for, and how much of it a multiprocessor holds. Source: the CUDA programming guide and cuda_occupancy.h.</summary>
internal static class LaunchLimits
{
    /// <summary>The most threads of a block along x and y.</summary>
    public const int MaxBlockXY = 1024;

    /// <summary>The most threads of a block along z.</summary>
    public const int MaxBlockZ = 64;

    /// <summary>The most blocks of a grid along y and z.</summary>
    public const int MaxGridYZ = 65535;

    /// <summary>The most bytes of parameters.</summary>
    public const int MaxParameterBytes = 32764;

    /// <summary>Refuses what a driver refuses.</summary>
    /// <param name="loaded">The kernel.</param>
    /// <param name="grid">Blocks along x, y and z.</param>
    /// <param name="block">Threads along x, y and z.</param>
    /// <param name="dynamicSharedBytes">Dynamic shared memory of a block.</param>
    /// <exception cref="DriverException">Something is zero or too large: INVALID_VALUE; too many registers: LAUNCH_OUT_OF_RESOURCES.</exception>
    public static void Check(
        LoadedFunction loaded, (uint X, uint Y, uint Z) grid, (uint X, uint Y, uint Z) block, uint dynamicSharedBytes)
    {
        EmulatedFunction function = loaded.Function;
        DriverException.Require(grid.X > 0 && grid.Y > 0 && grid.Z > 0, $"grid {grid} has a dimension of zero");
        DriverException.Require(block.X > 0 && block.Y > 0 && block.Z > 0, $"block {block} has a dimension of zero");
        DriverException.Require(
            grid.X <= int.MaxValue && grid.Y <= MaxGridYZ && grid.Z <= MaxGridYZ, $"grid {grid}; at most ({int.MaxValue}, {MaxGridYZ}, {MaxGridYZ})");
        DriverException.Require(
            block.X <= MaxBlockXY && block.Y <= MaxBlockXY && block.Z <= MaxBlockZ,
                $"block {block}; at most ({MaxBlockXY}, {MaxBlockXY}, {MaxBlockZ})");
        long threads = (long)block.X * block.Y * block.Z;
        DriverException.Require(
            threads <= SmLimits.MaxThreadsPerBlock, $"block {block} has {threads} threads; a block has at most 1024");
        DriverException.Require(
            threads <= function.MaxThreads, $"block {block} has {threads} threads; {function.Name} was compiled for at most {function.MaxThreads}");
        DriverException.Require(
            dynamicSharedBytes <= (uint)loaded.MaxDynamicSharedBytes,
            $"{dynamicSharedBytes} bytes of dynamic shared memory; {function.Name} may take {loaded.MaxDynamicSharedBytes} beside its "
            + $"{function.StaticSharedBytes} static ones, more only after cuFuncSetAttribute(MAX_DYNAMIC_SHARED_SIZE_BYTES)");
        DriverException.Require(
            function.ParameterBytes <= MaxParameterBytes, $"{function.ParameterBytes} bytes of parameters; at most {MaxParameterBytes}");
        DriverException.Require(
            Warps(threads) <= Occupancy.WarpsByRegisters(function.Registers), CuResult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
            $"{threads} threads of {function.Registers} registers each; a block has {SmLimits.Registers}");
    }

    /// <summary>The most threads of a block that a kernel can be launched with.</summary>
    public static int MaxThreads(EmulatedFunction function)
    {
        long byRegisters = (long)Occupancy.WarpsByRegisters(function.Registers) * SmLimits.WarpSize;
        return (int)Math.Min(function.MaxThreads, Math.Min(SmLimits.MaxThreadsPerBlock, byRegisters));
    }

    /// <summary>Blocks of a kernel that a multiprocessor holds at a time.</summary>
    /// <param name="product">The device.</param>
    /// <param name="function">The kernel.</param>
    /// <param name="blockThreads">Threads of a block, at least 1.</param>
    /// <param name="dynamicSharedBytes">Dynamic shared memory of a block.</param>
    public static int ActiveBlocks(DataSheet product, EmulatedFunction function, int blockThreads, long dynamicSharedBytes)
    {
        long shared = function.StaticSharedBytes + dynamicSharedBytes;
        if (blockThreads > MaxThreads(function) || shared > product.Limits.MaxSharedBytesPerBlock) return 0;
        return Occupancy.Compute(product.Limits, blockThreads, function.Registers, (int)shared).BlocksPerSm;
    }

    private static long Warps(long threads) => (threads + SmLimits.WarpSize - 1) / SmLimits.WarpSize;
}
