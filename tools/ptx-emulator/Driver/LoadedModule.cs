using Ditto.Emulation.Counting;
using Ditto.Emulation.Execution;

namespace Ditto.Emulation.Driver;

/// <summary>A module in a context, and the handles of the kernels that were asked for.</summary>
/// <param name="context">The context.</param>
/// <param name="module">The module.</param>
internal sealed class LoadedModule(EmulatedContext context, EmulatedModule module) : IContextObject
{
    /// <inheritdoc/>
    public EmulatedContext Context { get; } = context;

    /// <summary>The module.</summary>
    public EmulatedModule Module { get; } = module;

    /// <summary>Handles of its kernels, by name; guarded by itself.</summary>
    public Dictionary<string, nint> Handles { get; } = new(StringComparer.Ordinal);
}

/// <summary>A kernel of a loaded module, with what was set on it.</summary>
/// <param name="context">The context.</param>
/// <param name="function">The kernel.</param>
internal sealed class LoadedFunction(EmulatedContext context, EmulatedFunction function) : IContextObject
{
    /// <inheritdoc/>
    public EmulatedContext Context { get; } = context;

    /// <summary>The kernel.</summary>
    public EmulatedFunction Function { get; } = function;

    /// <summary>Dynamic shared memory that a launch may ask for, in bytes.</summary>
    public int MaxDynamicSharedBytes { get; set; } = SmLimits.DefaultSharedBytesPerBlock - function.StaticSharedBytes;

    /// <summary>The preferred share of shared memory in percent; -1 for none.</summary>
    public int Carveout { get; set; } = -1;

    /// <summary>Whether its module is gone.</summary>
    public bool IsUnloaded { get; set; }
}
