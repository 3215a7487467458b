using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Ditto.Interop;

/// <summary>The kernels of one device: compiled for its own architecture at first use, cached on disk, loaded once. Safe from any thread.</summary>
public sealed class KernelLibrary
{
    private readonly ContextHandle context;
    private readonly ConcurrentDictionary<(string Source, string NameExpression), Lazy<Kernel>> kernels = new();
    private readonly Kernel?[] shipped = new Kernel?[KernelCatalog.All.Count];
    private readonly ConcurrentBag<ModuleHandle> modules = [];
    private readonly ConcurrentQueue<string> warnings = new();
    private readonly KernelCache cache;
    private readonly string architecture;
    private int compileCount;

    internal KernelLibrary(Device device, ContextHandle context)
        : this(device, context, context.Backend.CompilesAtOnce ? null : KernelCache.DefaultFolder())
    {
    }

    internal KernelLibrary(Device device, ContextHandle context, string? cacheFolder)
    {
        this.context = context;
        Compiler = new KernelCompiler(context.Backend.Nvrtc, $"the compiler of {device.Name}");
        architecture = Compiler.ArchitectureFor(device.Architecture);
        CacheFolder = cacheFolder;
        cache = new KernelCache(cacheFolder, Warn);
    }

    /// <summary>The device's compiler.</summary>
    public KernelCompiler Compiler { get; }

    /// <summary>Where compiled kernels are kept; null for nowhere.</summary>
    public string? CacheFolder { get; }

    /// <summary>Kernels that were compiled here, and not read from the cache.</summary>
    public int CompileCount => compileCount;

    /// <summary>What went wrong without doing harm: cache entries that could not be read or written.</summary>
    public IReadOnlyCollection<string> Warnings => warnings;

    /// <summary>Told about each warning as it comes up; may be called from any thread.</summary>
    public Action<string>? OnWarning { get; set; }

    /// <summary>A kernel of a shipped source.</summary>
    /// <param name="source">The source file below <c>kernels/</c>.</param>
    /// <param name="nameExpression">The instantiation, for example <c>layernorm_modulate&lt;bf16&gt;</c>.</param>
    /// <exception cref="KernelCompileException">It does not compile.</exception>
    /// <exception cref="DeviceException">It cannot be loaded.</exception>
    /// <exception cref="FileNotFoundException">There is no such source.</exception>
    public Kernel Get(string source, string nameExpression)
    {
        ObjectDisposedException.ThrowIf(context.IsRetired, typeof(Device));
        (string Source, string NameExpression) name = (source, nameExpression);
        Lazy<Kernel> kernel = kernels.GetOrAdd(name, key => new Lazy<Kernel>(() => Load(KernelSource.Shipped(key.Source), key.NameExpression)));
        try
        {
            return kernel.Value;
        }
        catch
        {
            kernels.TryRemove(KeyValuePair.Create(name, kernel));    // a Lazy remembers its exception; the next call tries again
            throw;
        }
    }

    /// <summary>A shipped kernel; once it is loaded this allocates nothing.</summary>
    /// <param name="entry">From <see cref="KernelCatalog"/>.</param>
    /// <exception cref="KernelCompileException">It does not compile.</exception>
    /// <exception cref="DeviceException">It cannot be loaded.</exception>
    public Kernel Get(KernelEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Kernel? kernel = Volatile.Read(ref shipped[entry.Index]);
        if (kernel is not null) return kernel;
        kernel = Get(entry.Source, entry.NameExpression);
        Volatile.Write(ref shipped[entry.Index], kernel);
        return kernel;
    }

    /// <summary>Compiles (or takes from the cache) and loads a kernel of any source. The caller keeps it; it is not looked up again.</summary>
    /// <param name="source">The source and its headers.</param>
    /// <param name="nameExpression">The instantiation.</param>
    /// <exception cref="KernelCompileException">It does not compile.</exception>
    /// <exception cref="DeviceException">It cannot be loaded.</exception>
    public Kernel Load(KernelSource source, string nameExpression)
    {
        ArgumentNullException.ThrowIfNull(source);
        string key = KernelCacheKey.Of(
            source, nameExpression, KernelCompiler.AllOptions(architecture, []), Compiler.Version, context.Backend.ImageKind);
        CompiledKernel? compiled = cache.Read(key);
        if (compiled is not null)
        {
            try
            {
                return Load(source, nameExpression, compiled);
            }
            catch (DeviceException refused)
            {
                Warn($"kernel cache: the entry of {nameExpression} does not load ({refused.Message}); compiling again");
            }
        }
        using (Activity? activity = InteropDiagnostics.Activities.StartActivity("compile"))
        {
            activity?.SetTag("ditto.kernel", nameExpression);
            compiled = Compiler.Compile(source, nameExpression, architecture);
        }
        Interlocked.Increment(ref compileCount);
        InteropDiagnostics.KernelCompiles.Add(1);
        Kernel kernel = Load(source, nameExpression, compiled);
        cache.Write(key, compiled.Cubin.Length > 0 ? compiled with { Ptx = "" } : compiled, source);
        return kernel;
    }

    /// <summary>Unloads every kernel.</summary>
    internal void Dispose()
    {
        foreach (ModuleHandle module in modules) module.Dispose();
    }

    private Kernel Load(KernelSource source, string nameExpression, CompiledKernel compiled)
    {
        ReadOnlySpan<byte> image = compiled.Cubin.Length > 0 ? compiled.Cubin.Span : Encoding.UTF8.GetBytes(compiled.Ptx + '\0');
        ModuleHandle module = ModuleHandle.Load(context, image, $"{nameExpression} of {source.Name}");
        try
        {
            Kernel kernel = new(source.Name, nameExpression, module, module.Function(compiled.LoweredName), compiled.Log);
            modules.Add(module);
            return kernel;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    private void Warn(string warning)
    {
        warnings.Enqueue(warning);
        OnWarning?.Invoke(warning);
    }
}
