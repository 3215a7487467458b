using System.Reflection;
using Ditto.Interop;

namespace Ditto.Testing;

/// <summary>A function of the tables: how many arguments it takes, what kind it is, and which handles it makes or destroys.</summary>
internal sealed class NativeCall
{
    private static readonly (string Makes, string Destroys, string Handle)[] Pairs =
    [
        ("cuMemAlloc_v2", "cuMemFree_v2", "device memory"),
        ("cuMemHostAlloc", "cuMemFreeHost", "pinned memory"),
        ("cuStreamCreate", "cuStreamDestroy_v2", "stream"),
        ("cuEventCreate", "cuEventDestroy_v2", "event"),
        ("cuModuleLoadDataEx", "cuModuleUnload", "module"),
        ("cuStreamEndCapture", "cuGraphDestroy", "graph"),
        ("cuGraphInstantiateWithFlags", "cuGraphExecDestroy", "executable graph"),
        ("cuCtxPushCurrent_v2", "cuCtxPopCurrent_v2", "current context"),
        ("cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2", "context"),
        ("cublasLtCreate", "cublasLtDestroy", "matrix product handle"),
        ("cublasLtMatmulDescCreate", "cublasLtMatmulDescDestroy", "matrix product descriptor"),
        ("cublasLtMatrixLayoutCreate", "cublasLtMatrixLayoutDestroy", "matrix layout"),
        ("cublasLtMatmulPreferenceCreate", "cublasLtMatmulPreferenceDestroy", "search limits"),
        ("nvrtcCreateProgram", "nvrtcDestroyProgram", "program"),
    ];

    private NativeCall(FieldInfo field)
    {
        Name = field.Name;
        ArgumentCount = field.FieldType.GetFunctionPointerParameterTypes().Length;
        Kind = KindOf(Name);
        Makes = Array.Find(Pairs, pair => pair.Makes == Name).Handle;
        Destroys = Array.Find(Pairs, pair => pair.Destroys == Name).Handle;
        bool outlivesContext = Kind is InjectedFault.Device or InjectedFault.Context || Name.StartsWith("cuCtx", StringComparison.Ordinal)
            || Name.StartsWith("cuDevice", StringComparison.Ordinal) || Name.StartsWith("cuGetError", StringComparison.Ordinal);
        NeedsContext = field.DeclaringType == typeof(CudaDriver) && (!outlivesContext || Name == "cuCtxSynchronize");
    }

    public string Name { get; }

    public int ArgumentCount { get; }

    public InjectedFault Kind { get; }

    /// <summary>The handle that a successful call makes, or null.</summary>
    public string? Makes { get; }

    /// <summary>The handle that a successful call destroys, or null.</summary>
    public string? Destroys { get; }

    /// <summary>Whether a failed context makes the call fail too.</summary>
    public bool NeedsContext { get; }

    /// <summary>Every function of the three tables that answers with a status, by name.</summary>
    public static IReadOnlyDictionary<string, NativeCall> All { get; } = new[] { typeof(CudaDriver), typeof(Nvrtc), typeof(CublasLt) }
        .SelectMany(table => table.GetFields(BindingFlags.Public | BindingFlags.Instance))
        .Where(field => field.FieldType.IsUnmanagedFunctionPointer && field.FieldType.GetFunctionPointerReturnType().IsEnum)
        .ToDictionary(field => field.Name, field => new NativeCall(field));

    private static InjectedFault KindOf(string name) => name switch
    {
        "cuInit" or "cuDeviceGet" or "cuDevicePrimaryCtxRetain" or "cuDeviceGetAttribute" or "cuDeviceGetName" or "cuDeviceTotalMem_v2"
            or "nvrtcVersion" => InjectedFault.Device,
        "cuCtxPushCurrent_v2" => InjectedFault.Context,
        "cuMemAlloc_v2" or "cuMemHostAlloc" => InjectedFault.Allocate,
        "cuMemAdvise" => InjectedFault.Advise,
        "nvrtcCreateProgram" or "nvrtcAddNameExpression" or "nvrtcCompileProgram" or "nvrtcGetCUBIN" or "nvrtcGetLoweredName"
            => InjectedFault.Compile,
        "cuModuleLoadDataEx" or "cuModuleGetFunction" or "cuFuncGetAttribute" => InjectedFault.LoadModule,
        "cuLaunchKernel" => InjectedFault.Launch,
        "cublasLtMatmul" => InjectedFault.Product,
        "cuStreamCreate" => InjectedFault.Stream,
        "cuEventCreate" or "cuEventRecord" or "cuStreamWaitEvent" => InjectedFault.Event,
        "cuStreamSynchronize" or "cuEventSynchronize" or "cuCtxSynchronize" or "cuStreamQuery" or "cuEventQuery" => InjectedFault.Synchronize,
        "cuStreamBeginCapture_v2" or "cuStreamEndCapture" or "cuStreamIsCapturing" or "cuGraphInstantiateWithFlags" or "cuGraphLaunch"
            or "cuGraphGetNodes" => InjectedFault.Graph,
        _ when name.StartsWith("cuMemcpy", StringComparison.Ordinal) => InjectedFault.Copy,
        _ when name.StartsWith("cuMemset", StringComparison.Ordinal) => InjectedFault.Fill,
        _ when name.StartsWith("cublasLt", StringComparison.Ordinal) && !name.EndsWith("Destroy", StringComparison.Ordinal)
            => InjectedFault.Descriptor,
        _ => InjectedFault.None,
    };
}
