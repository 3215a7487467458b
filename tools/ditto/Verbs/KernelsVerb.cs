using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Ditto.Emulation.Counting;
using Ditto.Interop;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary><c>ditto kernels</c>: every kernel that ships, with registers, shared memory, spills and occupancy, or the CPU's ISA level.</summary>
internal sealed class KernelsVerb
{
    private const string DefaultArchitecture = "sm_90";

    private readonly Command command = new(
        "kernels", "Lists every kernel: registers, shared memory, spills and occupancy. Compiles with NVRTC; no GPU is needed.");
    private readonly Option<string[]> architectures = new("--arch")
    {
        Description = "sm_80,sm_90,... [default: the device's own where one is named, else sm_90]",
        HelpName = "list",
    };

    private readonly Option<string> emulate = new("--emulate")
    {
        Description = "runs the kernels on an emulated GPU, counts, and models times: sm_80, sm_90, ..., or a GPU as rtx-4090; no GPU is needed",
        HelpName = "gpu",
    };

    private readonly Option<bool> trace = new("--trace")
    {
        Description = "with --emulate: compares with the CPU device (or --device) and says which block and thread wrote the first wrong value",
    };

    private readonly Option<string> filter = new("--filter") { Description = "kernels whose name contains this", HelpName = "text" };
    private readonly CommonOptions common;
    private readonly Shell shell;

    private KernelsVerb(Shell shell)
    {
        this.shell = shell;
        command.Add(architectures);
        command.Add(emulate);
        command.Add(trace);
        command.Add(filter);
        common = new CommonOptions(command);
        command.SetAction(Run);
    }

    public static Command Create(Shell shell) => new KernelsVerb(shell).command;

    private int Run(ParseResult parsed)
    {
        string text = parsed.GetValue(filter) ?? "";
        KernelEntry[] kernels = [.. KernelCatalog.All.Where(kernel => kernel.NameExpression.Contains(text, StringComparison.OrdinalIgnoreCase))];
        if (kernels.Length == 0)
        {
            IEnumerable<string> names = KernelCatalog.All.Select(kernel => kernel.NameExpression.Split('<')[0]).Distinct();
            throw new RequestException("--filter", text, string.Join(", ", names));
        }
        if (parsed.GetValue(emulate) is { } target) return Emulate(parsed, target, kernels);
        if (parsed.GetValue(trace)) throw new RequestException("--trace", "given alone", "together with --emulate");
        string[] wanted = [.. (parsed.GetValue(architectures) ?? []).SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries))];
        if (wanted.Length == 0 && common.DeviceName(parsed) != "auto")
        {
            using Device device = common.Open(parsed);
            if (!device.Architecture.StartsWith("sm_", StringComparison.Ordinal)) return ListBuiltIn(parsed, device, kernels);
            wanted = [device.Architecture];
        }
        return ListCompiled(parsed, kernels, wanted.Length == 0 ? [DefaultArchitecture] : wanted);
    }

    /// <summary>The CPU device's kernels are part of its library, one copy an ISA level.</summary>
    private int ListBuiltIn(ParseResult parsed, Device device, KernelEntry[] kernels)
    {
        foreach (KernelEntry kernel in kernels) device.Kernels.Get(kernel);              // fails with the kernel's name where it is missing
        if (common.IsJson(parsed))
        {
            JsonReport.Write(shell, "kernels", json =>
            {
                json.WriteString("device", device.Name);
                json.WriteString("isa", device.Architecture);
                json.WriteObjects("kernels", kernels, kernel => WriteName(json, kernel));
            });
            return ExitCode.Ok;
        }
        TextTable.Write(shell, ["kernel", "dtype", "source", "ISA"], kernels.Select(kernel =>
            new[] { kernel.NameExpression, kernel.DType.ShortName(), kernel.Source, device.Architecture }));
        shell.Out.WriteLine(Readable.Invariant($"{kernels.Length} kernels of {device.Name}"));
        return ExitCode.Ok;
    }

    private int ListCompiled(ParseResult parsed, KernelEntry[] kernels, string[] wanted)
    {
        SmLimits[] limits = [.. wanted.Select(LimitsOf)];
        if (!KernelCompiler.TryLoad(out KernelCompiler? compiler, out string reason)) return RefuseWithoutCompiler(reason);
        KernelFacts[] facts = Compile(compiler, limits, kernels);
        if (common.IsJson(parsed)) JsonReport.Write(shell, "kernels", json => WriteJson(json, compiler, facts));
        else WriteText(compiler, facts);
        return ExitCode.Ok;
    }

    private int RefuseWithoutCompiler(string reason)
    {
        shell.Note($"ditto: NVRTC is not here: {reason}. Install it with the CUDA toolkit or name it in DITTO_NVRTC_PATH; "
            + "'ditto kernels --device cpu' lists the CPU device's kernels without it.");
        return ExitCode.DeviceUnavailable;
    }

    /// <summary>Runs each kernel at a shape of a known model.</summary>
    private int Emulate(ParseResult parsed, string name, KernelEntry[] kernels)
    {
        if (parsed.GetValue(architectures) is { Length: > 0 }) throw new RequestException("--arch", "given beside --emulate", "one of the two");
        DataSheet target = TargetOf(name);
        KernelCase[] cases = CasesOf(parsed, kernels);
        if (!KernelCompiler.TryLoad(out KernelCompiler? _, out string reason)) return RefuseWithoutCompiler(reason);
        if (parsed.GetValue(trace)) return Trace(parsed, target.Architecture, cases);
        using KernelEmulation emulation = new(target);
        EmulatedKernel[] ran = StepProgress.Run(shell, "kernels", progress => emulation.Run(cases, progress, shell.Cancellation), "kernel");
        if (common.IsJson(parsed)) JsonReport.Write(shell, "kernels", json => EmulationReport.WriteJson(json, target, ran));
        else EmulationReport.WriteText(shell, target, ran);
        return ExitCode.Ok;
    }

    /// <summary>Runs each case on two devices; a wrong value ends nothing, so that one run shows all that are wrong.</summary>
    private int Trace(ParseResult parsed, string architecture, KernelCase[] cases)
    {
        using Device reference = common.DeviceName(parsed) == "auto" ? Device.Open("cpu") : common.Open(parsed);
        using KernelTrace tracing = new(reference, architecture);
        Stopwatch time = Stopwatch.StartNew();
        List<(KernelCase Case, WrongValue? Wrong)> traced = StepProgress.Run(shell, "kernels", progress =>
        {
            List<(KernelCase Case, WrongValue? Wrong)> done = [];
            foreach (KernelCase one in cases)
            {
                shell.Cancellation.ThrowIfCancellationRequested();
                done.Add((one, tracing.Run(one)));
                progress.Report(new StepUpdate(done.Count, cases.Length, 0, time.Elapsed));
            }
            return done;
        }, "kernel");
        string emulated = $"emulated:{architecture}";
        if (common.IsJson(parsed)) JsonReport.Write(shell, "kernels", json => TraceReport.WriteJson(json, reference.Name, emulated, traced));
        else TraceReport.WriteText(shell, reference.Name, emulated, traced);
        return traced.TrueForAll(one => one.Wrong is null) ? ExitCode.Ok : ExitCode.CheckFailed;
    }

    private static DataSheet TargetOf(string name)
    {
        IEnumerable<string> known = DataSheet.All.SelectMany(sheet => new[] { sheet.Architecture, sheet.Key }).Distinct();
        return DataSheet.Find(name) ?? throw new RequestException("--emulate", name, string.Join(", ", known));
    }

    private KernelCase[] CasesOf(ParseResult parsed, KernelEntry[] kernels)
    {
        KernelCase[] cases = [.. KernelCases.All.Where(one => kernels.Contains(one.Kernel))];
        return cases.Length > 0 ? cases
            : throw new RequestException("--filter", parsed.GetValue(filter)!, string.Join(", ", KernelCases.All.Select(one => one.Name)));
    }

    private static SmLimits LimitsOf(string architecture) =>
        SmLimits.Find(architecture)
        ?? throw new RequestException("--arch", architecture, string.Join(", ", SmLimits.All.Select(limits => limits.Architecture)));

    private KernelFacts[] Compile(KernelCompiler compiler, SmLimits[] limits, KernelEntry[] kernels)
    {
        KernelFacts[] facts = new KernelFacts[limits.Length * kernels.Length];
        return StepProgress.Run(shell, "kernels", progress =>
        {
            void Compile(int index) =>
                facts[index] = KernelFacts.Compile(compiler, kernels[index % kernels.Length], limits[index / kernels.Length]);
            ParallelSteps.Run(facts.Length, Compile, progress, shell.Cancellation);
            return facts;
        }, "kernel");
    }

    private void WriteText(KernelCompiler compiler, KernelFacts[] facts)
    {
        string[] headings = ["kernel", "arch", ">block", ">registers", ">shared B", ">stack B", ">spill B", ">blocks/SM", ">occupancy", "limited by"];
        TextTable.Write(shell, headings, facts.Select(fact => new[]
        {
            fact.Kernel.NameExpression,
            fact.Architecture,
            Readable.Invariant($"{fact.BlockThreads}"),
            Readable.Invariant($"{fact.Ptxas.Registers}"),
            Readable.Invariant($"{fact.Ptxas.SharedBytes}"),
            Readable.Invariant($"{fact.Ptxas.StackBytes}"),
            Readable.Invariant($"{fact.SpillBytes}"),
            Readable.Invariant($"{fact.Occupancy.BlocksPerSm}"),
            Readable.Invariant($"{100 * fact.Occupancy.Fraction:0} %"),
            fact.Occupancy.LimitedBy,
        }));
        int spilling = facts.Count(fact => fact.SpillBytes > 0);
        shell.Out.WriteLine(Readable.Invariant($"{facts.Length} kernels by {compiler.Name}, {spilling} with spills"));
    }

    private static void WriteJson(Utf8JsonWriter json, KernelCompiler compiler, KernelFacts[] facts)
    {
        json.WriteString("compiler", compiler.Name);
        json.WriteObjects("kernels", facts, fact =>
        {
            WriteName(json, fact.Kernel);
            json.WriteString("arch", fact.Architecture);
            json.WriteNumber("blockThreads", fact.BlockThreads);
            json.WriteNumber("registers", fact.Ptxas.Registers);
            json.WriteNumber("sharedBytes", fact.Ptxas.SharedBytes);
            json.WriteNumber("stackBytes", fact.Ptxas.StackBytes);
            json.WriteNumber("spillStoreBytes", fact.Ptxas.SpillStoreBytes);
            json.WriteNumber("spillLoadBytes", fact.Ptxas.SpillLoadBytes);
            json.WriteNumber("blocksPerSm", fact.Occupancy.BlocksPerSm);
            json.WriteReal("occupancy", fact.Occupancy.Fraction);
            json.WriteString("limitedBy", fact.Occupancy.LimitedBy);
        });
    }

    private static void WriteName(Utf8JsonWriter json, KernelEntry kernel)
    {
        json.WriteString("kernel", kernel.NameExpression);
        json.WriteString("source", kernel.Source);
        json.WriteString("dtype", kernel.DType.ShortName());
    }
}
