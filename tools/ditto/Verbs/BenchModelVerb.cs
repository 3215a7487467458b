using System.CommandLine;
using Ditto.Interop;
using Ditto.Layers;

namespace Ditto.CommandLine;

/// <summary><c>ditto bench model</c>: a forward pass beside the best plain product of the same machine in the same run.</summary>
internal sealed class BenchModelVerb
{
    private const int MaxBatch = 4096;

    private readonly Command command = new("model", "Measures a model's forward pass: time, GFLOP/s, operations, memory.");
    private readonly Option<string> model = new("--model", "-m")
    {
        Description = BenchedModel.Allowed,
        HelpName = "name",
        DefaultValueFactory = _ => "demo",
    };

    private readonly Option<DType> type = ModelOptions.DataType();
    private readonly Option<WeightStorage> weights = ModelOptions.Weights();
    private readonly Option<int?> batch = OptionValues.Integer("--batch", "rows of a forward: two a guided picture [default: 2]", 1, MaxBatch, "-b");
    private readonly Option<int?> seconds = OptionValues.Integer("--seconds", "time for the measurement [default: 10]", 1, 3600);
    private readonly Option<bool> quick = new("--quick") { Description = "a look, in few repetitions" };
    private readonly CommonOptions common;
    private readonly Shell shell;

    private BenchModelVerb(Shell shell)
    {
        this.shell = shell;
        foreach (Option option in new Option[] { model, type, weights, batch, seconds, quick })
            command.Add(option);
        common = new CommonOptions(command);
        command.SetAction(Run);
    }

    public static Command Create(Shell shell) => new BenchModelVerb(shell).command;

    private int Run(ParseResult parsed)
    {
        string name = parsed.GetValue(model)!;
        BenchedModel benched = new(name);
        BenchBudget budget = parsed.GetValue(quick) ? BenchBudget.Quick : BenchBudget.Full;
        if (parsed.GetValue(seconds) is { } given) budget = budget with { Seconds = given };
        using Device device = common.Open(parsed);
        ModelMeasurement measured = new ModelBenchmark(device, budget, shell.Cancellation)
            .Run(benched, parsed.GetValue(type), parsed.GetValue(weights), parsed.GetValue(batch) ?? 2);
        ModelBenchmarkReport report = new(name, benched.IsRandom, device, measured);
        if (common.IsJson(parsed)) JsonReport.Write(shell, "bench model", report.WriteJson);
        else report.WriteText(shell);
        return ExitCode.Ok;
    }
}
