using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary><c>ditto doctor</c>: the devices, the compiler, the kernel cache, and a kernel and a product that really run.</summary>
internal sealed class DoctorVerb
{
    private const string NoCache = "not used: the device's kernels come compiled, or no folder is known (DITTO_CACHE_DIR names one)";

    private readonly Command command = new("doctor", "Tries what Ditto needs: devices, compiler, kernel cache, one kernel and one matrix product.");
    private readonly CommonOptions common;
    private readonly Shell shell;

    private DoctorVerb(Shell shell)
    {
        this.shell = shell;
        common = new CommonOptions(command);
        command.SetAction(Run);
    }

    public static Command Create(Shell shell) => new DoctorVerb(shell).command;

    private int Run(ParseResult parsed)
    {
        IReadOnlyList<DeviceProbe> probes = Device.Probe();
        List<(string Name, string Value)> facts =
        [
            ("ditto", Readable.Invariant($"{Application.Version}, .NET {Environment.Version}, {RuntimeInformation.RuntimeIdentifier}")),
            ("processors", Readable.Invariant($"{Environment.ProcessorCount}")),
            ("NVRTC", DescribeCompiler()),
        ];
        List<DoctorCheck> checks = [];
        int code = Examine(parsed, facts, checks);
        if (common.IsJson(parsed)) JsonReport.Write(shell, "doctor", json => WriteJson(json, probes, facts, checks, code));
        else WriteText(probes, facts, checks);
        return code;
    }

    private static string DescribeCompiler() => KernelCompiler.TryLoad(out KernelCompiler? compiler, out string reason)
        ? Readable.Invariant($"{compiler.Version}, for sm_{string.Join(", sm_", compiler.SupportedArchitectures())}")
        : $"not loaded: {reason}";

    private int Examine(ParseResult parsed, List<(string Name, string Value)> facts, List<DoctorCheck> checks)
    {
        try
        {
            using Device device = common.Open(parsed);
            facts.Add(("chosen device", $"{device}"));
            if (device.ThreadCount > 0) facts.Add(("threads", Readable.Invariant($"{device.ThreadCount}")));
            facts.Add(("memory", $"{Readable.Bytes(device.FreeBytes())} free of {Readable.Bytes(device.TotalBytes)}"));
            facts.Add(("kernel cache", device.Kernels.CacheFolder ?? NoCache));
            checks.AddRange(DoctorCheck.RunAll(device));
            foreach (string warning in device.Kernels.Warnings) facts.Add(("warning", warning));
            return checks.TrueForAll(check => check.IsOk) ? ExitCode.Ok : ExitCode.CheckFailed;
        }
        catch (DeviceException refused)
        {
            checks.Add(new DoctorCheck("open the device", false, refused.Message));
            return ExitCode.Of(refused);
        }
    }

    private void WriteText(IReadOnlyList<DeviceProbe> probes, List<(string Name, string Value)> facts, List<DoctorCheck> checks)
    {
        DevicesVerb.WriteTable(shell, probes);
        TextTable.WriteFacts(shell, [.. facts, .. checks.Select(check => (check.Name, $"{(check.IsOk ? "ok" : "FAILED")}: {check.Detail}"))]);
    }

    private static void WriteJson(
        Utf8JsonWriter json, IReadOnlyList<DeviceProbe> probes, List<(string Name, string Value)> facts, List<DoctorCheck> checks, int code)
    {
        DevicesVerb.WriteJson(json, probes);
        json.WriteObjects("facts", facts, fact =>
        {
            json.WriteString("name", fact.Name);
            json.WriteString("value", fact.Value);
        });
        json.WriteObjects("checks", checks, check =>
        {
            json.WriteString("name", check.Name);
            json.WriteBoolean("ok", check.IsOk);
            json.WriteString("detail", check.Detail);
        });
        json.WriteBoolean("ok", code == ExitCode.Ok);
    }
}
