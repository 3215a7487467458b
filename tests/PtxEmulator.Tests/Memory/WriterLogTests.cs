using Ditto.Emulation.Driver;
using Ditto.Emulation.Execution;
using Ditto.Emulation.Memory;
using Ditto.Interop;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Memory;

/// <summary>Who wrote a byte last.</summary>
public sealed class WriterLogTests
{
    private const string Store = """
        .reg .b64 %a<3>; .reg .b32 %r<4>; .reg .pred %p;
        ld.param.u64 %a0, [p]; mov.u32 %r0, %ctaid.x; mov.u32 %r1, %ntid.x; mov.u32 %r2, %tid.x; mad.lo.u32 %r3, %r0, %r1, %r2;
        mul.wide.u32 %a1, %r3, 2; add.u64 %a0, %a0, %a1;
        setp.eq.u32 %p, %r2, 40;
        @%p st.global.u8 [%a0+1], %r0;
        @!%p st.global.u16 [%a0], %r0;
        """;

    [Test]
    public void Block_thread_and_instruction_of_the_last_store_are_known_byte_by_byte([Values(1, 3)] int workers)
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 p", Store), workers: workers);
        WriterLog log = new(run.Memory);
        run.Memory.Writers = log;
        ulong buffer = run.Empty(2 * 96 * 50), other = run.Empty(64);
        run.Launch("k", 50, 96, buffer);
        for (int thread = 0; thread < 50 * 96; thread += 7)
        {
            LastWriter writer = log.Find(buffer + (2 * (ulong)thread) + 1)!;
            Assert.That((writer.Command, writer.Block, writer.Thread),
                Is.EqualTo(("k", (Dim3?)new Dim3(thread / 96, 0, 0), (Dim3?)new Dim3(thread % 96, 0, 0))));
            Assert.That(writer.Instruction, Is.EqualTo(thread % 96 == 40 ? "st.global.u8" : "st.global.u16"));
        }
        Assert.That(log.Find(buffer + (2 * 40)), Is.Null, "the first byte of thread 40's pair");
        foreach (ulong nowhere in new[] { other, buffer + (1 << 20), 1ul }) Assert.That(log.Find(nowhere), Is.Null);
    }

    [Test]
    public void The_last_of_several_launches_counts_and_threads_have_three_dimensions()
    {
        using PtxRun run = new(PtxRun.Kernel(".param .u64 p", """
            .reg .b64 %a; .reg .b32 %r<2>; .reg .pred %p<4>;
            ld.param.u64 %a, [p]; mov.u32 %r0, %tid.x; setp.eq.u32 %p0, %r0, 1; mov.u32 %r0, %tid.y; setp.eq.and.u32 %p1, %r0, 2, %p0;
            mov.u32 %r0, %ctaid.z; setp.eq.and.u32 %p2, %r0, 1, %p1;
            @%p2 st.global.u32 [%a], %r0;
            """));
        run.Memory.Writers = new WriterLog(run.Memory);
        ulong first = run.Empty(4), second = run.Empty(4);
        foreach (ulong place in new[] { first, second, first }) run.Launch("k", new Dim3(1, 1, 2), new Dim3(2, 3, 1), 0, place);
        LastWriter writer = run.Memory.Writers.Find(first + 3)!;
        Assert.That((writer.Block, writer.Thread), Is.EqualTo(((Dim3?)new Dim3(0, 0, 1), (Dim3?)new Dim3(1, 2, 0))));
        run.Memory.MarkWritten(first, 2);
        Assert.That(run.Memory.Writers.Find(first + 2)!.Block, Is.Not.Null);
        run.Memory.Free(first);
        run.Memory.Allocate(4);
        Assert.That(run.Memory.Writers.Find(first), Is.Null, "allocated anew");
    }

    [Test]
    public void The_engine_s_copies_kernels_and_products_are_named()
    {
        TestCompiler.Require();
        EmulatedBackend.Register();
        using Device device = Device.Open("emulated:sm_86");
        using DeviceStream stream = device.CreateStream();
        using Operations operations = device.CreateOperations(stream);
        using DeviceMemory memory = device.Allocate(1 << 16);
        Tensor x = memory.View(DType.F32, 0, 64, 64), y = memory.View(DType.F32, 32768, 64, 64);
        using (WriteTrace trace = EmulatedBackend.TraceWrites("sm_86"))
        {
            stream.CopyToDevice<float>(x, new float[64 * 64]);
            operations.Silu(y, x);
            stream.Synchronize();
            LastWriter copy = trace.Find(x.Pointer)!, kernel = trace.Find(y.Pointer + 4)!;
            Assert.That((copy.Block, copy.ToString()), Is.EqualTo(((Dim3?)null, "copy of 16384 bytes from host to device")));
            Assert.That((kernel.Block, kernel.Thread), Is.EqualTo(((Dim3?)default(Dim3), (Dim3?)default(Dim3))));
            Assert.That(kernel.ToString(), Does.Contain("silu").And.Contain("thread (0, 0, 0)").And.Contain("st.global").And.Contain("device.cuh:"));
            operations.Linear(y, x, x);
            stream.Synchronize();
            Assert.That(trace.Find(y.Pointer)!.ToString(), Does.StartWith("matrix product"));
        }
        operations.Silu(y, x);
        stream.Synchronize();
        using WriteTrace next = EmulatedBackend.TraceWrites("sm_86");
        Assert.That(next.Find(y.Pointer), Is.Null, "a trace knows what happened since it began");
        Assert.That(() => EmulatedBackend.TraceWrites("sm_42"), Throws.ArgumentException);
    }
}
