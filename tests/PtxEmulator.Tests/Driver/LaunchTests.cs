using System.Runtime.InteropServices;
using Ditto.Interop;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>Modules and launches: what a driver takes and what it refuses.</summary>
public sealed class LaunchTests
{
    private const CuResult Ok = CuResult.CUDA_SUCCESS, Invalid = CuResult.CUDA_ERROR_INVALID_VALUE;
    private const CuResult OutOfResources = CuResult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;

    // small: nothing special; narrow: at most 128 threads; wide: 40000 bytes of static shared memory; greedy: 128 registers
    private const string Text = """
        .version 8.8
        .target sm_80
        .address_size 64
        .visible .entry small(.param .u64 to, .param .u64 value) {
            .reg .b64 %rd<3>;
            ld.param.u64 %rd1, [to];
            ld.param.u64 %rd2, [value];
            st.global.u64 [%rd1], %rd2;
            ret;
        }
        .visible .entry narrow() .maxntid 128, 1, 1 { ret; }
        .visible .entry wide() {
            .shared .align 4 .b8 room[40000];
            ret;
        }
        .visible .entry greedy() { ret; }
        // ditto ptxas: greedy registers 128 shared 0 stack 0 spill-stores 0 spill-loads 0 barriers 0
        """;

    private static readonly TestCaseData[] Launches =
    [
        Case("narrow", (1, 1, 1), (1, 1, 1), 0, Ok), Case("narrow", (1, 1, 1), (128, 1, 1), 0, Ok),
        Case("narrow", (1, 1, 1), (129, 1, 1), 0, Invalid),
        Case("narrow", (1, 1, 1), (8, 4, 4), 0, Ok), Case("narrow", (1, 1, 1), (8, 4, 5), 0, Invalid),
        Case("narrow", (0, 1, 1), (1, 1, 1), 0, Invalid), Case("narrow", (1, 0, 1), (1, 1, 1), 0, Invalid),
        Case("narrow", (1, 1, 0), (1, 1, 1), 0, Invalid), Case("narrow", (1, 1, 1), (0, 1, 1), 0, Invalid),
        Case("narrow", (1, 1, 1), (1, 0, 1), 0, Invalid), Case("narrow", (1, 1, 1), (1, 1, 0), 0, Invalid),
        Case("narrow", (1, 65536, 1), (1, 1, 1), 0, Invalid), Case("narrow", (1, 1, 65536), (1, 1, 1), 0, Invalid),
        Case("narrow", (0x80000000, 1, 1), (1, 1, 1), 0, Invalid), Case("narrow", (1, 1, 1), (1, 1, 65), 0, Invalid),
        Case("wide", (1, 1, 1), (1024, 1, 1), 0, Ok), Case("wide", (1, 1, 1), (1025, 1, 1), 0, Invalid),
        Case("wide", (1, 1, 1), (32, 32, 2), 0, Invalid),
        Case("wide", (1, 1, 1), (1, 1, 1), 9152, Ok), Case("wide", (1, 1, 1), (1, 1, 1), 9153, Invalid),
        Case("narrow", (1, 1, 1), (1, 1, 1), 49152, Ok), Case("narrow", (1, 1, 1), (1, 1, 1), 49153, Invalid),
        Case("greedy", (1, 1, 1), (512, 1, 1), 0, Ok), Case("greedy", (1, 1, 1), (513, 1, 1), 0, OutOfResources),
        Case("greedy", (1, 1, 1), (1024, 1, 1), 0, OutOfResources),
    ];

    [TestCaseSource(nameof(Launches))]
    public void A_launch_is_checked(string kernel, (long, long, long) grid, (long, long, long) block, int shared, int expected)
    {
        using EmulatedCalls calls = new();
        nint function = calls.Function(calls.LoadModule(Text), kernel);
        Assert.That((int)calls.Launch(function, grid, block, shared, 0), Is.EqualTo(expected), calls.Device.LastReport);
        if (expected != (int)Ok) Assert.That(calls.Device.LastReport, Is.Not.Empty);
        EmulatedCalls.Check("cuCtxSynchronize");
    }

    [Test]
    public void More_shared_memory_has_to_be_asked_for([Values("sm_80", "sm_86", "sm_90")] string architecture)
    {
        using EmulatedCalls calls = new(architecture);
        nint function = calls.Function(calls.LoadModule(Text), "wide");
        int most = calls.ReadInt(
            "cuDeviceGetAttribute", (nint)CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, calls.Device.Ordinal) - 40000;
        const nint attribute = (nint)CuFunctionAttribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        Assert.That(EmulatedCalls.Call("cuFuncSetAttribute", function, attribute, most + 1), Is.EqualTo(Invalid));
        Assert.That(EmulatedCalls.Call("cuFuncSetAttribute", function, attribute, -1), Is.EqualTo(Invalid));
        Assert.That(calls.Launch(function, (1, 1, 1), (32, 1, 1), most, 0), Is.EqualTo(Invalid));
        EmulatedCalls.Check("cuFuncSetAttribute", function, attribute, most);
        Assert.That(calls.Launch(function, (1, 1, 1), (32, 1, 1), most, 0), Is.EqualTo(Ok), calls.Device.LastReport);
        Assert.That(calls.ReadInt("cuFuncGetAttribute", attribute, function), Is.EqualTo(most));
    }

    [Test]
    public void Attributes_come_from_the_image()
    {
        using EmulatedCalls calls = new();
        nint module = calls.LoadModule(Text);
        int Of(string kernel, CuFunctionAttribute attribute) => calls.ReadInt("cuFuncGetAttribute", (nint)attribute, calls.Function(module, kernel));
        Assert.That(Of("narrow", CuFunctionAttribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), Is.EqualTo(128));
        Assert.That(Of("greedy", CuFunctionAttribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), Is.EqualTo(512));
        Assert.That(Of("greedy", CuFunctionAttribute.CU_FUNC_ATTRIBUTE_NUM_REGS), Is.EqualTo(128));
        Assert.That(Of("wide", CuFunctionAttribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES), Is.EqualTo(40000));
        Assert.That(Of("wide", CuFunctionAttribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES), Is.EqualTo(9152));
        nint first = calls.Function(module, "wide");
        Assert.That(calls.Function(module, "wide"), Is.EqualTo(first), "one handle for a kernel");
    }

    // Threads, blocks, registers and shared memory each limit once; by hand from the table of the programming guide.
    [TestCase("sm_80", "narrow", 128, 0, 16)]
    [TestCase("sm_80", "narrow", 32, 0, 32)]
    [TestCase("sm_86", "narrow", 128, 0, 12)]
    [TestCase("sm_86", "narrow", 32, 0, 16)]
    [TestCase("sm_80", "greedy", 256, 0, 2)]
    [TestCase("sm_80", "greedy", 513, 0, 0)]
    [TestCase("sm_80", "wide", 32, 0, 4)]
    [TestCase("sm_86", "wide", 32, 0, 2)]
    [TestCase("sm_90", "wide", 32, 0, 5)]
    [TestCase("sm_90", "narrow", 32, 232448, 1)]
    [TestCase("sm_90", "narrow", 32, 232449, 0)]
    public void Occupancy_follows_the_tables(string architecture, string kernel, int threads, int shared, int expected)
    {
        using EmulatedCalls calls = new(architecture);
        nint function = calls.Function(calls.LoadModule(Text), kernel);
        Assert.That(calls.ReadInt("cuOccupancyMaxActiveBlocksPerMultiprocessor", function, threads, shared), Is.EqualTo(expected));
    }

    [Test]
    public void Arguments_arrive_in_both_forms()
    {
        using EmulatedCalls calls = new();
        nint function = calls.Function(calls.LoadModule(Text), "small"), to = calls.Allocate(8);
        Assert.That(calls.Launch(function, (1, 1, 1), (1, 1, 1), 0, 0, (ulong)to, 41), Is.EqualTo(Ok), calls.Device.LastReport);
        Assert.That(calls.Download<long>(to, 1), Is.EqualTo(new[] { 41L }));
        Assert.That(Packed(16), Is.EqualTo(Ok), calls.Device.LastReport);
        Assert.That(calls.Download<long>(to, 1), Is.EqualTo(new[] { 42L }));
        Assert.That(Packed(8), Is.EqualTo(Invalid));
        Assert.That(Packed(24), Is.EqualTo(Invalid));
        Assert.That(EmulatedCalls.Call("cuLaunchKernel", function, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0), Is.EqualTo(Invalid), "no arguments");
        nint none = calls.Host<nint>(0, 0);
        Assert.That(EmulatedCalls.Call("cuLaunchKernel", function, 1, 1, 1, 1, 1, 1, 0, 0, none, 0), Is.EqualTo(Invalid), "null addresses");

        CuResult Packed(nint size)
        {
            nint buffer = calls.Host<nint>(to, 42, size, 0, 0, 0, 0, 0), extra = buffer + 64;
            foreach ((nint value, int i) in new nint[] { 1, buffer, 2, buffer + 16, 0 }.Select((value, i) => (value, i)))
                Marshal.WriteIntPtr(extra + (i * nint.Size), value);
            return EmulatedCalls.Call("cuLaunchKernel", function, 1, 1, 1, 1, 1, 1, 0, 0, 0, extra);
        }
    }

    [Test]
    public void A_fault_ends_the_context_and_says_where()
    {
        using EmulatedCalls calls = new();
        nint function = calls.Function(calls.LoadModule(Text), "small"), to = calls.Allocate(8), stream = calls.Stream();
        Assert.That(calls.Launch(function, (1, 1, 1), (1, 1, 1), 0, stream, (ulong)to + 8, 1), Is.EqualTo(CuResult.CUDA_ERROR_ILLEGAL_ADDRESS));
        Assert.That(calls.Device.LastReport, Does.Contain("small").And.Contain("st.global.u64").And.Contain("PTX line"));
        string report = calls.Device.LastReport;
        foreach ((string name, nint[] arguments) in new (string, nint[])[]
            { ("cuCtxSynchronize", []), ("cuStreamSynchronize", [stream]), ("cuMemFree_v2", [to]), ("cuMemAlloc_v2", [calls.Host<nint>(0), 1]) })
        {
            Assert.That(EmulatedCalls.Call(name, arguments), Is.EqualTo(CuResult.CUDA_ERROR_ILLEGAL_ADDRESS), name);
            Assert.That(calls.Device.LastReport, Is.EqualTo(report));
        }
        EmulatedCalls.Check("cuStreamDestroy_v2", stream);
        using EmulatedCalls other = new("sm_80");
        EmulatedCalls.Check("cuCtxSynchronize");
    }

    [TestCase(
        ".version 8.8\n.target sm_90\n.address_size 64\n.visible .entry k() { frobnicate.u32 %r1; ret; }",
        (int)CuResult.CUDA_ERROR_INVALID_PTX, "frobnicate")]
    [TestCase(".version 8.8\n.target sm_90\n.visible .entry k( { ret; }", (int)CuResult.CUDA_ERROR_INVALID_PTX, "line 3")]
    [TestCase(".version 8.9\n.target sm_90\n", (int)CuResult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "8.8")]
    [TestCase(".version 9.0\n.target sm_90\n", (int)CuResult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "9.0")]
    [TestCase(".version 8.8\n.target sm_100\n", (int)CuResult.CUDA_ERROR_NO_BINARY_FOR_GPU, "sm_100")]
    [TestCase(".version 8.8\n.target sm_80a\n", (int)CuResult.CUDA_ERROR_NO_BINARY_FOR_GPU, "sm_80a")]
    [TestCase("\u007fELF\u0002\u0001", (int)CuResult.CUDA_ERROR_NO_BINARY_FOR_GPU, "PTX")]
    [TestCase("hello", (int)CuResult.CUDA_ERROR_INVALID_IMAGE, "no PTX")]
    [TestCase("", (int)CuResult.CUDA_ERROR_INVALID_IMAGE, "no PTX")]
    public void What_is_no_PTX_for_the_device_is_refused_with_the_reason(string image, int expected, string reason)
    {
        using EmulatedCalls calls = new();
        (CuResult result, nint module, string log) = calls.Load(image);
        Assert.That((int)result, Is.EqualTo(expected), log);
        Assert.That(log, Does.Contain(reason));
        Assert.That(module, Is.EqualTo((nint)0));
    }

    [Test]
    public void Older_targets_run_and_names_that_are_not_there_are_refused()
    {
        using EmulatedCalls calls = new();
        nint module = calls.LoadModule(Text), name = Marshal.StringToCoTaskMemUTF8("tiny");
        Assert.That(EmulatedCalls.Call("cuModuleGetFunction", calls.Host<nint>(0), module, name), Is.EqualTo(CuResult.CUDA_ERROR_NOT_FOUND));
        Marshal.FreeCoTaskMem(name);
        nint function = calls.Function(module, "narrow");
        EmulatedCalls.Check("cuModuleUnload", module);
        Assert.That(calls.Launch(function, (1, 1, 1), (1, 1, 1), 0, 0), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_HANDLE));
        Assert.That(EmulatedCalls.Call("cuModuleUnload", module), Is.EqualTo(CuResult.CUDA_ERROR_INVALID_HANDLE));
    }

    private static TestCaseData Case(string kernel, (long, long, long) grid, (long, long, long) block, int shared, CuResult expected) =>
        new TestCaseData(kernel, grid, block, shared, (int)expected).SetArgDisplayNames($"{kernel} {grid} {block} {shared}");
}
