using Ditto.Emulation.Counting;
using Ditto.Emulation.Driver;
using Ditto.Emulation.Instructions;
using Ditto.Interop;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>Ditto's own device, streams, products and kernels on emulated GPUs.</summary>
public sealed class EngineTests
{
    private string? cacheBefore;
    private TemporaryFolder cache = null!;

    [OneTimeSetUp]
    public void Register()
    {
        TestCompiler.Require();
        cache = new TemporaryFolder();
        cacheBefore = Environment.GetEnvironmentVariable("DITTO_CACHE_DIR");
        Environment.SetEnvironmentVariable("DITTO_CACHE_DIR", cache.Path);
        EmulatedBackend.Register();
    }

    [OneTimeTearDown]
    public void Restore()
    {
        if (cache is null) return;
        Environment.SetEnvironmentVariable("DITTO_CACHE_DIR", cacheBefore);
        cache.Dispose();
    }

    [Test]
    public void Devices_are_opened_by_architecture()
    {
        using Device plain = Device.Open("emulated"), other = Device.Open("emulated:sm_120");
        Assert.That((plain.Name, plain.ComputeCapability, plain.Description), Is.EqualTo(("emulated:sm_90", 90, "H100 SXM (emulated)")));
        Assert.That((other.Name, other.Architecture, other.MultiprocessorCount), Is.EqualTo(("emulated:sm_120", "sm_120", 170)));
        Assert.That(() => Device.Open("emulated:sm_70"), Throws.InstanceOf<DeviceException>().With.Message.Contains("sm_80, sm_86"));
    }

    [Test]
    public void Lists_name_what_the_environment_asks_for()
    {
        const string variable = "DITTO_EMULATED";
        string? before = Environment.GetEnvironmentVariable(variable);
        try
        {
            Environment.SetEnvironmentVariable(variable, "sm_80, sm_90");
            string[] listed = [.. Device.Probe().Where(probe => probe.Available).Select(probe => probe.Name)];
            Assert.That(listed, Does.Contain("emulated:sm_80").And.Contain("emulated:sm_90").And.Not.Contain("emulated:sm_89"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, before);
        }
    }

    [Test]
    public void A_linear_layer_runs_and_replays(
        [Values("emulated:sm_80", "emulated:sm_90")] string name, [Values(DType.F32, DType.BF16, DType.F16)] DType type)
    {
        using Device device = Device.Open(name);
        using DeviceStream stream = device.CreateStream();
        using Operations operations = device.CreateOperations(stream);
        const int rows = 33, n = 48, k = 40;
        float[] x = Numbers.Rounded(new RandomTensors(1).Normal(rows * k), type), weight = Numbers.Rounded(new RandomTensors(2).Normal(n * k), type);
        float[] bias = Numbers.Rounded(new RandomTensors(3).Normal(n), type);
        using DeviceMemory memory = device.Allocate(1 << 20);
        Tensor xs = memory.View(type, 0, rows, k), ws = memory.View(type, 65536, n, k);
        Tensor bs = memory.View(type, 131072, n), ys = memory.View(type, 262144, rows, n);
        stream.CopyToDevice<byte>(xs, Numbers.ToBytes(x, type));
        stream.CopyToDevice<byte>(ws, Numbers.ToBytes(weight, type));
        stream.CopyToDevice<byte>(bs, Numbers.ToBytes(bias, type));
        operations.Linear(ys, xs, ws, bs);
        byte[] first = new byte[ys.ByteCount], again = new byte[ys.ByteCount];
        stream.CopyToHost(first.AsSpan(), ys);
        double[] expected = new double[rows * n];
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = bias[i % n];
            for (int depth = 0; depth < k; depth++) expected[i] += (double)x[((i / n) * k) + depth] * weight[((i % n) * k) + depth];
        }
        double rounding = type switch { DType.F32 => 1e-13, DType.F16 => 1e-6, _ => 1e-5 };
        Assert.That(Numbers.ToDoubles(first, type), TensorIs.Near(expected, rounding));
        stream.BeginCapture();
        operations.Linear(ys, xs, ws, bs);
        using DeviceGraph graph = stream.EndCapture();
        graph.Launch(stream);
        stream.CopyToHost(again.AsSpan(), ys);
        Assert.That(again, Is.EqualTo(first));
    }

    [Test]
    public void A_kernel_is_compiled_executed_and_known_by_its_registers()
    {
        using Device device = Device.Open("emulated:sm_80");
        using DeviceStream stream = device.CreateStream();
        const int count = 3001;
        float[] values = new RandomTensors(5).Normal(count), actual = new float[count];
        using DeviceMemory memory = device.Allocate(2 * count * sizeof(float));
        Tensor x = memory.View(DType.F32, 0, count), y = memory.View(DType.F32, count * sizeof(float), count);
        stream.CopyToDevice<float>(x, values);
        using Operations operations = device.CreateOperations(stream);
        operations.Silu(y, x);
        stream.CopyToHost(actual.AsSpan(), y);
        double[] expected = [.. values.Select(value => value / (1 + Math.Exp(-value)))];
        Assert.That(Numbers.ToDoubles(actual), TensorIs.Near(expected, 1e-12));
        Kernel kernel = device.Kernels.Get(KernelCatalog.Silu[DType.F32]);
        Assert.That(kernel.NumRegisters, Is.InRange(1, 255));
        Assert.That(kernel.MaxActiveBlocks(256), Is.GreaterThan(0));
        using Device second = Device.Open("emulated:sm_80");
        second.Kernels.Get(KernelCatalog.Silu[DType.F32]);
        Assert.That(second.Kernels.CompileCount, Is.Zero, "the image comes from the disk cache");
    }

    [Test]
    public void Launches_of_the_engine_are_counted_while_somebody_watches()
    {
        using Device device = Device.Open("emulated:sm_89");
        using DeviceStream stream = device.CreateStream();
        using Operations operations = device.CreateOperations(stream);
        const int count = 1 << 14;
        using DeviceMemory memory = device.Allocate(2 * count * sizeof(float));
        Tensor x = memory.View(DType.F32, 0, count), y = memory.View(DType.F32, count * sizeof(float), count);
        operations.FillZero(x);
        List<LaunchReport> reports = [];
        using (EmulatedBackend.Watch(DataSheet.Find("rtx-4090")!, reports.Add)) operations.Silu(y, x);
        operations.Silu(y, x);
        LaunchReport report = reports.Single();
        Assert.That(report.Kernel, Does.Contain("silu"));
        Assert.That((report.Target.Name, report.Registers > 0), Is.EqualTo(("RTX 4090", true)));
        Assert.That((report.Counts.DramReadBytes, report.Counts.DramWriteBytes), Is.EqualTo((4L * count, 4L * count)));
        Assert.That(report.Counts.Global.Ratio, Is.EqualTo(1));
        Assert.That(report.Counts.Lanes(InstructionClass.Special), Is.GreaterThanOrEqualTo(count));
    }

    [Test]
    public void What_a_product_did_wrong_stands_in_the_exception()
    {
        using Device device = Device.Open("emulated:sm_90");
        using DeviceStream stream = device.CreateStream();
        using DeviceMemory memory = device.Allocate(1 << 16);
        Tensor matrix = memory.View(DType.F32, 0, 8, 8), y = memory.View(DType.F32, 4096, 8, 8);
        using Operations operations = device.CreateOperations(stream);   // what it made would keep the lost context alive for the next test
        DeviceException error = Assert.Throws<DeviceException>(() => operations.Linear(y, matrix, matrix))!;
        Assert.That(error.IsDeviceLost, Is.True);
        Assert.That(error.Message, Does.Contain("never written").And.Contain("matrix product"));
    }
}
