using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>The functions of cuBLASLt that Ditto uses, computed here. No managed exception leaves a function.</summary>
internal static unsafe class EmulatedBlas
{
    private const nuint Version = 120903;
    private const ulong WorkspaceAlignment = 256;

    private static readonly FrozenDictionary<string, nint> Table = Exports.Of(typeof(EmulatedBlas));
    private static readonly HandleTable<BlasLibrary> Handles = new(0x71, "cuBLASLt handle");
    private static readonly HandleTable<BlasAttributes> Products = new(0x72, "product");
    private static readonly HandleTable<BlasAttributes> Layouts = new(0x73, "layout");
    private static readonly HandleTable<BlasAttributes> Limits = new(0x74, "preference");

    /// <summary>The address of a function, 0 where there is none of that name.</summary>
    /// <param name="name">As libcublasLt exports it.</param>
    public static nint Resolve(string name) => Table.GetValueOrDefault(name);

    /// <summary>Ends the handles of a context.</summary>
    public static void ReleaseAllOf(EmulatedContext context) => Handles.RemoveOf(context);

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtCreate(nint* handle) => Call(() =>
    {
        BlasException.Require(handle is not null, "handle is null");
        *handle = Handles.Add(new BlasLibrary(ContextStack.Current()));
    });

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtDestroy(nint handle) => Call(() => Handles.Remove(handle));

    [UnmanagedCallersOnly]
    private static nuint cublasLtGetVersion() => Version;

    [UnmanagedCallersOnly]
    private static byte* cublasLtGetStatusName(CublasStatus status) => (byte*)BlasStatusText.Name(status);

    [UnmanagedCallersOnly]
    private static byte* cublasLtGetStatusString(CublasStatus status) => (byte*)BlasStatusText.Text(status);

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatmulDescCreate(nint* product, CublasComputeType compute, CudaDataType scale) => Call(() =>
    {
        BlasException.Require(product is not null, "product is null");
        BlasAttributes made = new(BlasAttributes.ProductSizes);
        made.Put(0, (int)compute);
        made.Put(1, (int)scale);
        *product = Products.Add(made);
    });

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatmulDescDestroy(nint product) => Call(() => Remove(Products, product));

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatmulDescSetAttribute(nint product, CublasLtMatmulDescAttribute attribute, void* value, nuint size) =>
        Call(() => Find(Products, product, "product").Set((int)attribute, value, size));

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatrixLayoutCreate(nint* layout, CudaDataType type, ulong rows, ulong cols, long ld) => Call(() =>
    {
        BlasException.Require(layout is not null, "layout is null");
        BlasAttributes made = new(BlasAttributes.LayoutSizes);
        made.Put(0, (int)type);
        made.Put(2, (long)rows);
        made.Put(3, (long)cols);
        made.Put(4, ld);
        *layout = Layouts.Add(made);
    });

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatrixLayoutDestroy(nint layout) => Call(() => Remove(Layouts, layout));

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatrixLayoutSetAttribute(nint layout, CublasLtMatrixLayoutAttribute attribute, void* value, nuint size) =>
        Call(() => Find(Layouts, layout, "layout").Set((int)attribute, value, size));

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatmulPreferenceCreate(nint* preference) => Call(() =>
    {
        BlasException.Require(preference is not null, "preference is null");
        *preference = Limits.Add(new BlasAttributes(BlasAttributes.PreferenceSizes));
    });

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatmulPreferenceDestroy(nint preference) => Call(() => Remove(Limits, preference));

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatmulPreferenceSetAttribute(
        nint preference, CublasLtMatmulPreferenceAttribute attribute, void* value, nuint size) =>
        Call(() => Find(Limits, preference, "preference").Set((int)attribute, value, size));

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatmulAlgoGetHeuristic(
        nint handle, nint product, nint a, nint b, nint c, nint d, nint preference, int requested, CublasLtMatmulHeuristicResult* results,
        int* count) => Call(() =>
        {
            BlasLibrary library = RequireHandle(handle);
            BlasException.Require(requested > 0 && results is not null && count is not null, $"{requested} results, or no room for them");
            *count = 0;
            MatmulProblem problem = Problem(library, product, a, b, c, d);
            *results = new CublasLtMatmulHeuristicResult
            {
                algo = MatmulAlgorithm.Of(problem, library.Context.Device, Find(Limits, preference, "preference")),
                state = CublasStatus.CUBLAS_STATUS_SUCCESS,
                wavesCount = 1,
            };
            *count = 1;
        });

    [UnmanagedCallersOnly]
    private static CublasStatus cublasLtMatmul(
        nint handle, nint product, void* alpha, void* a, nint layoutA, void* b, nint layoutB, void* beta, void* c, nint layoutC, void* d,
        nint layoutD, CublasLtMatmulAlgo* algorithm, void* workspace, nuint workspaceBytes, nint stream) => Call(() =>
    {
        BlasLibrary library = RequireHandle(handle);
        BlasException.Require(alpha is not null && beta is not null, "alpha or beta is null");
        MatmulProblem problem = Problem(library, product, layoutA, layoutB, layoutC, layoutD);
        if (problem.M == 0 || problem.N == 0) return;
        BlasException.Require(d is not null && (problem.K == 0 || (a is not null && b is not null)), "A, B or D is null");
        double betaValue = Factor(beta, problem.Scale);
        BlasException.Require(c is not null || betaValue == 0, "C is null and beta is not 0");
        EmulatedStream target = EmulatedDriver.FindStream(stream);
        BlasException.Require(target.Context == library.Context, "the stream belongs to another context than the handle");
        CheckWorkspace(target.Context, (ulong)workspace, workspaceBytes);
        ulong readC = betaValue == 0 ? 0 : (ulong)c;
        MatmulAlgorithm.Check(algorithm, problem, target.Context.Device, [(ulong)a, (ulong)b, readC, (ulong)d]);
        RequireAligned((ulong)a, problem.A, "A");
        RequireAligned((ulong)b, problem.B, "B");
        RequireAligned(readC, problem.C, "C");
        RequireAligned((ulong)d, problem.D, "D");
        if (problem.HasBias) RequireAligned(problem.Bias, problem.BiasVector, "the bias");
        MatmulCommand command = new(problem, (ulong)a, (ulong)b, (ulong)c, (ulong)d, Factor(alpha, problem.Scale), betaValue);
        command.RequireApart();
        target.Enqueue(command);
    });

    // Nothing here needs one; what is given has to be one all the same.
    private static void CheckWorkspace(EmulatedContext context, ulong workspace, ulong bytes)
    {
        BlasException.Require(workspace % WorkspaceAlignment == 0, $"the workspace is 0x{workspace:x}, no multiple of {WorkspaceAlignment}");
        if (bytes == 0) return;
        BlasException.Require(context.Memory.IsAllocated(workspace, bytes), $"the workspace: {context.Explain(workspace, bytes)}");
    }

    private static void RequireAligned(ulong pointer, MatmulOperand operand, string name)
    {
        ulong unit = (ulong)operand.Unit;
        BlasException.Support(pointer % unit == 0, $"{name} is 0x{pointer:x}, no multiple of {unit}");
    }

    private static double Factor(void* value, CudaDataType scale) => scale switch
    {
        CudaDataType.CUDA_R_64F => *(double*)value,
        CudaDataType.CUDA_R_32I => *(int*)value,
        _ => *(float*)value,
    };

    private static MatmulProblem Problem(BlasLibrary library, nint product, nint a, nint b, nint c, nint d) => MatmulProblem.Of(
        library.Context.Device.Product.ComputeCapability, Find(Products, product, "product"), Find(Layouts, a, "A"), Find(Layouts, b, "B"),
        Find(Layouts, c, "C"), Find(Layouts, d, "D"));

    private static BlasAttributes Find(HandleTable<BlasAttributes> table, nint handle, string name) => table.TryFind(handle)
        ?? throw new BlasException(CublasStatus.CUBLAS_STATUS_INVALID_VALUE, $"0x{handle:x} is no living descriptor of {name}");

    private static void Remove(HandleTable<BlasAttributes> table, nint handle)
    {
        Find(table, handle, "the call");
        table.Remove(handle);
    }

    private static BlasLibrary RequireHandle(nint handle) => Handles.TryFind(handle)
        ?? throw new BlasException(CublasStatus.CUBLAS_STATUS_NOT_INITIALIZED, $"0x{handle:x} is no living cuBLASLt handle");

    private static CublasStatus Call(Action body)
    {
        try
        {
            body();
            return CublasStatus.CUBLAS_STATUS_SUCCESS;
        }
        catch (BlasException refusal)
        {
            return Refuse(refusal.Status, refusal.Message);
        }
        catch (DriverException refusal)
        {
            bool unknown = refusal.Result is CuResult.CUDA_ERROR_INVALID_HANDLE or CuResult.CUDA_ERROR_INVALID_CONTEXT;
            return Refuse(unknown ? CublasStatus.CUBLAS_STATUS_NOT_INITIALIZED : CublasStatus.CUBLAS_STATUS_EXECUTION_FAILED, refusal.Message);
        }
        catch (OutOfMemoryException none)
        {
            return Refuse(CublasStatus.CUBLAS_STATUS_ALLOC_FAILED, none.Message);
        }
        catch (Exception unexpected)
        {
            return Refuse(CublasStatus.CUBLAS_STATUS_INTERNAL_ERROR, unexpected.ToString());
        }
    }

    private static CublasStatus Refuse(CublasStatus status, string report)
    {
        EmulatedDriver.Report(report);
        return status;
    }
}

/// <summary>A handle of the library.</summary>
/// <param name="Context">Where it was made.</param>
internal sealed record BlasLibrary(EmulatedContext Context) : IContextObject;
