using System.Reflection;
using System.Runtime.InteropServices;
using Ditto.Emulation.Driver;
using Ditto.Interop;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>Every field of the three tables is filled, by a function of the same signature.</summary>
public sealed class TableTests
{
    private static readonly (Type Table, Type Functions)[] Tables =
        [(typeof(CudaDriver), typeof(EmulatedDriver)), (typeof(CublasLt), typeof(EmulatedBlas))];

    private static IEnumerable<TestCaseData> Functions() => Tables.SelectMany(pair => pair.Table
        .GetFields(BindingFlags.Public | BindingFlags.Instance)
        .Select(field => new TestCaseData(field, pair.Functions).SetArgDisplayNames(field.Name)));

    [TestCaseSource(nameof(Functions))]
    public void A_function_has_the_signature_of_its_field(FieldInfo field, Type functions)
    {
        MethodInfo? function = functions.GetMethod(field.Name, BindingFlags.Static | BindingFlags.NonPublic);
        Assert.That(function, Is.Not.Null);
        Assert.That(function.IsDefined(typeof(UnmanagedCallersOnlyAttribute)), Is.True);
        IEnumerable<Type> parameters = function.GetParameters().Select(parameter => parameter.ParameterType);
        Assert.That(parameters, Is.EqualTo(field.FieldType.GetFunctionPointerParameterTypes()));
        Assert.That(function.ReturnType, Is.EqualTo(field.FieldType.GetFunctionPointerReturnType()));
        nint address = functions == typeof(EmulatedDriver) ? EmulatedDriver.Resolve(field.Name) : EmulatedBlas.Resolve(field.Name);
        Assert.That(address, Is.Not.EqualTo((nint)0));
    }

    [Test]
    public void A_foreign_name_has_no_address()
    {
        Assert.That(EmulatedDriver.Resolve("cuMemAlloc"), Is.EqualTo((nint)0), "the form of 32-bit sizes");
        Assert.That(EmulatedBlas.Resolve("cublasLtMatmulTransform"), Is.EqualTo((nint)0));
    }

    [Test]
    public void Each_architecture_is_a_device_with_the_limits_of_its_product()
    {
        using EmulatedCalls calls = new();
        int count = calls.ReadInt("cuDeviceGetCount");
        List<(int, int, int, int, int)> found = [];
        for (int device = 0; device < count; device++)
        {
            int Attribute(CuDeviceAttribute attribute) => calls.ReadInt("cuDeviceGetAttribute", (nint)attribute, device);
            found.Add((
                (10 * Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR))
                    + Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT),
                Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR),
                Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK),
                Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)));
        }
        Assert.That(found, Is.EqualTo(new[]
        {
            (80, 108, 2048, 49152, 166912), (86, 82, 1536, 49152, 101376), (89, 142, 1536, 49152, 101376), (90, 132, 2048, 49152, 232448),
            (100, 148, 2048, 49152, 232448), (120, 170, 1536, 49152, 101376),
        }));
        Assert.That(EmulatedCalls.Call("cuDeviceGet", calls.Host(0), count), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_DEVICE));
    }

    private delegate nint StatusText(CublasStatus status);

    [Test]
    public void Statuses_have_the_names_of_the_header_and_a_text_each()
    {
        static string Of(string function, CublasStatus status) =>
            Marshal.PtrToStringUTF8(Marshal.GetDelegateForFunctionPointer<StatusText>(EmulatedBlas.Resolve(function))(status))!;
        CublasStatus[] all = Enum.GetValues<CublasStatus>();
        foreach (CublasStatus status in all) Assert.That(Of("cublasLtGetStatusName", status), Is.EqualTo(status.ToString()));
        string[] texts = [.. all.Select(status => Of("cublasLtGetStatusString", status))];
        Assert.That(texts, Is.Unique.And.None.Contains("_"));
        Assert.That(texts[0], Is.EqualTo("success"));
        Assert.That(Of("cublasLtGetStatusName", (CublasStatus)99), Is.EqualTo("CUBLAS_STATUS_UNKNOWN"));
        Assert.That(Of("cublasLtGetStatusString", (CublasStatus)99), Is.EqualTo("unknown status"));
    }

    [Test]
    public void Results_have_the_names_of_the_header()
    {
        using EmulatedCalls calls = new();
        foreach (CuResult result in Enum.GetValues<CuResult>())
        {
            Assert.That(Marshal.PtrToStringUTF8(Text("cuGetErrorName", result)), Is.EqualTo(result.ToString()));
            Assert.That(Marshal.PtrToStringUTF8(Text("cuGetErrorString", result)), Is.Not.Empty);
        }
        Assert.That(Marshal.PtrToStringUTF8(Text("cuGetErrorName", (CuResult)912)), Is.EqualTo("CUDA_ERROR_INVALID_CLUSTER_SIZE"));
        Assert.That(EmulatedCalls.Call("cuGetErrorName", 12345, calls.Host<nint>(1)), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_VALUE));

        nint Text(string function, CuResult result)
        {
            nint place = calls.Host<nint>(0);
            EmulatedCalls.Check(function, (nint)result, place);
            return Marshal.ReadIntPtr(place);
        }
    }
}
