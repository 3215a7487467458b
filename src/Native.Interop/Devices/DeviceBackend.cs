namespace Ditto.Interop;

/// <summary>One device and the functions that drive it. Whoever fills the three tables with CUDA's own names and signatures is a device.</summary>
public sealed class DeviceBackend
{
    /// <summary>The device's name, for example <c>cuda:0</c> or <c>cpu:x86-64-v3</c>.</summary>
    public string Name { get; }

    /// <summary>The device's number in <c>cuDeviceGet</c>.</summary>
    public int Ordinal { get; }

    /// <summary>What <c>-arch=</c> is given; null for <c>sm_XY</c> from the device's compute capability.</summary>
    public string? Architecture { get; init; }

    /// <summary>True where the compiler only looks kernels up: its answers are not kept on disk.</summary>
    public bool CompilesAtOnce { get; init; }

    /// <summary>What the device's compiler calls a binary: <c>cubin</c>, or another word where its images are none of NVIDIA's.</summary>
    public string ImageKind { get; init; } = KernelCacheKey.DefaultImageKind;

    /// <summary>Explains the last call that was refused on the calling thread; empty where there is nothing to add to its error.</summary>
    public Func<string>? FailureReport { get; init; }

    internal CudaDriver Driver { get; }

    internal Nvrtc Nvrtc { get; }

    internal CublasLt CublasLt { get; }

    internal WorkerThreads? Workers { get; init; }

    /// <summary>What the device knows about a failure beside its code: on the CPU device, what ended the current context; empty on most.</summary>
    internal unsafe string FailureText()
    {
        if (FailureReport is not null) return FailureReport();
        if (Workers is not WorkerThreads workers) return "";
        const int capacity = 512;
        byte* text = stackalloc byte[capacity];
        workers.dittoCpuGetFailureText(text, capacity);
        return NativeText.FromUtf8(text);
    }

    /// <summary>A device whose functions are found by name.</summary>
    /// <param name="name">The device's name, for example <c>emulated:sm_90</c>.</param>
    /// <param name="ordinal">The device's number in <c>cuDeviceGet</c>.</param>
    /// <param name="driver">Address of a CUDA driver function (<c>cuMemAlloc_v2</c>, ...), 0 where there is none.</param>
    /// <param name="nvrtc">Address of an NVRTC function, 0 where there is none.</param>
    /// <param name="cublasLt">Address of a cuBLASLt function, 0 where there is none.</param>
    /// <exception cref="DeviceException">A function that Ditto needs is missing.</exception>
    public DeviceBackend(string name, int ordinal, Func<string, nint> driver, Func<string, nint> nvrtc, Func<string, nint> cublasLt)
    {
        Name = name;
        Ordinal = ordinal;
        try
        {
            Driver = new CudaDriver(LibraryLoader.Strict(driver, "the driver"));
            Nvrtc = new Nvrtc(LibraryLoader.Strict(nvrtc, "the compiler"));
            CublasLt = new CublasLt(LibraryLoader.Strict(cublasLt, "the matrix product library"));
        }
        catch (EntryPointNotFoundException missing)
        {
            throw DeviceException.Unavailable(name, missing.Message, missing);
        }
    }

    internal DeviceBackend(string name, int ordinal, CudaDriver driver, Nvrtc nvrtc, CublasLt cublasLt)
    {
        Name = name;
        Ordinal = ordinal;
        Driver = driver;
        Nvrtc = nvrtc;
        CublasLt = cublasLt;
    }
}
