using System.CommandLine;
using System.Text.Json;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary><c>ditto inspect</c>: what a model is and what running it takes, before anything is allocated.</summary>
internal sealed class InspectVerb
{
    private const int MaxBatch = 65536;
    private const int MaxEdge = 16384;

    private readonly Command command = new("inspect", "Shows a model's config, size, work and memory plan; allocates nothing.");
    private readonly Argument<string> model = new("model") { Description = "demo, or a diffusers directory" };
    private readonly Option<int?> batch = OptionValues.Integer("--batch", "pictures at a time [default: 1]", 1, MaxBatch, "-b");
    private readonly Option<int?> steps = OptionValues.Integer("--steps", "denoising steps [default: 50]", 1, 1000);
    private readonly Option<float?> guidance = OptionValues.Real("--cfg-scale", "classifier-free guidance, 1 is off [default: 1.5]");
    private readonly Option<int?> width = OptionValues.Integer("--width", "width in latent pixels [default: the model's]", 1, MaxEdge, "-W");
    private readonly Option<int?> height = OptionValues.Integer("--height", "height in latent pixels [default: the model's]", 1, MaxEdge, "-H");
    private readonly Option<DType> type = ModelOptions.DataType();
    private readonly Option<WeightStorage> weights = ModelOptions.Weights();
    private readonly Option<bool> checkValues = ModelOptions.CheckValues();
    private readonly CommonOptions common;
    private readonly Shell shell;

    private InspectVerb(Shell shell)
    {
        this.shell = shell;
        command.Add(model);
        foreach (Option option in new Option[] { batch, steps, guidance, width, height, type, weights, checkValues })
            command.Add(option);
        common = new CommonOptions(command);
        command.SetAction(Run);
    }

    public static Command Create(Shell shell) => new InspectVerb(shell).command;

    private int Run(ParseResult parsed)
    {
        string name = parsed.GetValue(model)!;
        int count = parsed.GetValue(batch) ?? 1;
        GenerationOptions request = new()
        {
            ClassLabels = new int[count],
            MaxBatch = count,
            Width = parsed.GetValue(width),
            Height = parsed.GetValue(height),
        };
        if (parsed.GetValue(steps) is { } stepCount) request = request with { StepCount = stepCount };
        if (parsed.GetValue(guidance) is { } scale) request = request with { GuidanceScale = scale };
        string directory = ModelLocator.Resolve(name);
        ModelSummary summary = ModelInspection.Inspect(directory, parsed.GetValue(type), request, parsed.GetValue(weights));
        shell.Warn(summary.Warnings);
        if (parsed.GetValue(checkValues)) ModelInspection.CheckValues(directory);
        if (common.IsJson(parsed)) JsonReport.Write(shell, "inspect", json => WriteJson(json, name, summary, request));
        else WriteText(name, summary, request);
        return ExitCode.Ok;
    }

    private void WriteText(string name, ModelSummary summary, GenerationOptions request)
    {
        DiTConfig config = summary.Config;
        string guided = summary.IsGuided ? ", both guidance branches" : "";
        int rows = summary.IsGuided ? 2 * summary.Batch : summary.Batch;
        TextTable.WriteFacts(shell,
        [
            ("model", name),
            ("classes", $"{summary.PipelineClass}, {summary.TransformerClass}, {summary.SchedulerClass}"),
            ("parameters", $"{Readable.Count(summary.ParameterCount)}, {Readable.Bytes(summary.FileBytes)} in files"),
            ("layers", Readable.Invariant(
                $"{config.NumLayers} of width {config.HiddenSize}: {config.NumAttentionHeads} heads of {config.AttentionHeadDim}")),
            ("latents", Readable.Invariant(
                $"{config.InChannels} x {summary.Height} x {summary.Width}, patches of {config.PatchSize}: {summary.Tokens} tokens a sample")),
            ("labels", Readable.Invariant($"{config.NumEmbedsAdaNorm} classes")),
            ("a forward", Readable.Invariant($"{Readable.Count(summary.ForwardFlops)}FLOP over {rows} rows (batch {summary.Batch}{guided})")),
            ("a run", Readable.Invariant($"{Readable.Count(summary.ForwardFlops * request.StepCount)}FLOP in {request.StepCount} steps")),
            ("weights", $"{Readable.Bytes(summary.WeightBytes)} on the device in {ModelOptions.StorageName(summary.Weights, summary.DType)}"),
            ("pool", $"{Readable.Bytes(summary.PoolBytes)}, one allocation a session:"),
        ]);
        shell.Out.WriteLine($"  {"offset",14} {"bytes",14}  phases  tensor");
        foreach (string line in summary.PoolLines.Skip(1)) shell.Out.WriteLine($"  {line.TrimEnd()}");
        shell.Out.WriteLine($"memory      {Readable.Bytes(summary.WeightBytes + summary.PoolBytes)} together");
    }

    private static void WriteJson(Utf8JsonWriter json, string name, ModelSummary summary, GenerationOptions request)
    {
        json.WriteString("model", name);
        json.WriteString("pipelineClass", summary.PipelineClass);
        json.WriteString("transformerClass", summary.TransformerClass);
        json.WriteString("schedulerClass", summary.SchedulerClass);
        WriteConfig(json, summary.Config);
        json.WriteNumber("parameters", summary.ParameterCount);
        json.WriteNumber("fileBytes", summary.FileBytes);
        json.WriteString("dtype", summary.DType.ShortName());
        json.WriteString("weights", ModelOptions.StorageName(summary.Weights, summary.DType));
        json.WriteNumber("batch", summary.Batch);
        json.WriteNumber("steps", request.StepCount);
        json.WriteNumber("height", summary.Height);
        json.WriteNumber("width", summary.Width);
        json.WriteNumber("tokens", summary.Tokens);
        json.WriteBoolean("guided", summary.IsGuided);
        json.WriteReal("forwardFlops", summary.ForwardFlops);
        json.WriteReal("runFlops", summary.ForwardFlops * request.StepCount);
        json.WriteNumber("weightBytes", summary.WeightBytes);
        json.WriteNumber("poolBytes", summary.PoolBytes);
        json.WriteNumber("totalBytes", summary.WeightBytes + summary.PoolBytes);
        json.WriteStartArray("pool");
        foreach (string line in summary.PoolLines.Skip(1)) json.WriteStringValue(line.Trim());
        json.WriteEndArray();
    }

    private static void WriteConfig(Utf8JsonWriter json, DiTConfig config)
    {
        json.WriteStartObject("config");
        json.WriteNumber("numLayers", config.NumLayers);
        json.WriteNumber("numAttentionHeads", config.NumAttentionHeads);
        json.WriteNumber("attentionHeadDim", config.AttentionHeadDim);
        json.WriteNumber("hiddenSize", config.HiddenSize);
        json.WriteNumber("inChannels", config.InChannels);
        json.WriteNumber("outChannels", config.OutChannels);
        json.WriteNumber("patchSize", config.PatchSize);
        json.WriteNumber("sampleSize", config.SampleSize);
        json.WriteNumber("numEmbedsAdaNorm", config.NumEmbedsAdaNorm);
        json.WriteEndObject();
    }
}
