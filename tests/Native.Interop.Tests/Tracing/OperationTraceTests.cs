using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests.Tracing;

/// <summary>What a trace says of operations: their names, what they move and compute, and that their times are there.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class OperationTraceTests(TestDevice device)
{
    [TearDown]
    public void Stop() => device.Operations.Trace = null;

    [Test]
    public void Every_kind_of_operation_is_seen_once_with_its_work()
    {
        using TestMemory memory = device.Memory();
        using OperationTrace trace = new(device.Device);
        RandomTensors random = new(seed: 3);
        Tensor x = memory.Upload(random.Normal(2 * 5 * 64), DType.F32, 2, 5, 64), y = memory.Allocate(DType.F32, 2, 5, 96);
        Tensor weight = memory.Upload(random.Normal(96 * 64), DType.F32, 96, 64), bias = memory.Upload(random.Normal(96), DType.F32, 96);
        Tensor heads = y.Reshape(2, 5, 3, 32), attended = memory.Allocate(DType.F32, 2, 5, 3, 32), copy = memory.Allocate(DType.F32, 2, 5, 64);

        device.Operations.Trace = trace;
        device.Operations.Linear(y, x, weight, bias, activation: Activation.GeluTanh);
        device.Operations.Attention(attended, heads, heads, heads);
        device.Operations.Silu(x, x);
        device.Operations.Copy(copy, x);
        device.Operations.FillZero(copy);
        device.Operations.Trace = null;
        device.Operations.FillZero(copy);

        const long small = 2 * 5 * 64 * 4, large = 2 * 5 * 96 * 4;
        (OperationKind, string, long, long)[] expected =
        [
            (OperationKind.Product, "linear 10x96x64 f32 +bias +gelu", small + large + (96 * 64 * 4) + (96 * 4), 2 * 10 * 96 * 64),
            (OperationKind.Attention, "attention<float, 32>", 4 * large, 4 * 2 * 3 * 5 * 5 * 32),
            (OperationKind.Kernel, "silu<float>", 2 * small, 0),
            (OperationKind.Copy, "copy", 2 * small, 0),
            (OperationKind.Fill, "fill", small, 0),
        ];
        TracedOperation[] traced = trace.Read();
        Assert.That(traced.Select(operation => (operation.Kind, operation.Name, operation.Bytes, operation.Flops)), Is.EqualTo(expected));
        Assert.That(traced.Select(operation => operation.Seconds), Is.All.InRange(0.0, 60.0).And.Some.Positive);
    }

    [Test]
    public void A_cleared_trace_is_used_again()
    {
        using TestMemory memory = device.Memory();
        using OperationTrace trace = new(device.Device);
        Tensor x = memory.Upload(new float[4096], DType.F32, 4096);
        device.Operations.Trace = trace;
        for (int i = 0; i < 3; i++) device.Operations.Silu(x, x);
        Assert.That(trace.Count, Is.EqualTo(3));
        trace.Clear();
        device.Operations.GeluErf(x, x);
        Assert.That(trace.Read().Select(operation => operation.Name), Is.EqualTo(new[] { "gelu_erf<float>" }));
    }

    [Test]
    public void A_kernel_that_declares_nothing_has_no_bytes()
    {
        using TestMemory memory = device.Memory();
        using OperationTrace trace = new(device.Device);
        Tensor x = memory.Upload(new float[64], DType.F32, 64);
        device.Operations.Trace = trace;
        Kernel kernel = device.Device.Kernels.Get(KernelCatalog.Silu[DType.F32]);
        LaunchGeometry geometry = LaunchGeometry.ForElements(device.Device, 64);
        device.Operations.Launch(kernel, geometry, x, x, 64L);
        trace.Declare(OperationKind.Kernel, 512);
        device.Operations.Launch(kernel, geometry, x, x, 64L);
        Assert.That(trace.Read().Select(operation => operation.Bytes), Is.EqualTo(new long[] { 0, 512 }));
    }

    [Test]
    public void Without_a_trace_operations_allocate_nothing()
    {
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(new float[64 * 64], DType.F32, 64, 64), y = memory.Allocate(DType.F32, 64, 64);
        long bytes = 0;
        for (int round = 0; round < 3; round++)                  // the first rounds compile, and make plans
        {
            long before = device.HostBytes;
            device.Operations.Linear(y, x, x);
            device.Operations.Silu(y, y);
            device.Operations.Copy(x, y);
            device.Operations.FillZero(y);
            bytes = device.HostBytes - before;
        }
        Assert.That(bytes, Is.Zero);
    }
}
