using System.CommandLine;
using System.Diagnostics;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary><c>ditto generate</c>: pictures (or latents) from a model.</summary>
internal sealed class GenerateVerb
{
    private const int MaxRepeats = 10_000;

    private readonly Command command = new("generate", "Makes pictures.");
    private readonly Option<string> model = ModelOptions.Model();
    private readonly GenerateOptions options = new();
    private readonly Option<string[]> classes = new("--class", "--label")
    {
        Description = "class ids or names, separated by commas; may be given again [default: 0]",
        HelpName = "list",
    };

    private readonly Option<int?> repeats = OptionValues.Integer("--batch-count", "pictures of each class [default: 1]", 1, MaxRepeats, "-b");
    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "FILE.png (several pictures: FILE-0001.png, ...) or FILE.safetensors for latents",
        HelpName = "file",
        DefaultValueFactory = _ => "output.png",
    };

    private readonly Option<DType> type = ModelOptions.DataType();
    private readonly Option<WeightStorage> weights = ModelOptions.Weights();
    private readonly Option<bool> checkValues = ModelOptions.CheckValues();
    private readonly Option<bool> sheet = new("--contact-sheet") { Description = "one picture that shows all, a row per class" };
    private readonly Option<bool> noMetadata = new("--no-metadata") { Description = "write no parameters into the PNG" };
    private readonly Option<bool> verbose = new("--verbose", "-v") { Description = "say more about what happens" };
    private readonly Option<string> prompt = new("--prompt", "-p") { Description = "for models that take text", HelpName = "text" };
    private readonly Option<string> negative = new("--negative-prompt", "-n") { Description = "for models that take text", HelpName = "text" };
    private readonly CommonOptions common;
    private readonly Shell shell;

    private GenerateVerb(Shell shell)
    {
        this.shell = shell;
        command.Add(model);
        command.Add(classes);
        command.Add(repeats);
        options.AddTo(command);
        command.Add(output);
        command.Add(sheet);
        command.Add(noMetadata);
        command.Add(type);
        command.Add(weights);
        command.Add(checkValues);
        command.Add(prompt);
        command.Add(negative);
        command.Add(verbose);
        common = new CommonOptions(command);
        command.SetAction(Run);
    }

    public static Command Create(Shell shell) => new GenerateVerb(shell).command;

    private int Run(ParseResult parsed)
    {
        string name = parsed.GetValue(model)!;
        PictureFiles files = new(parsed.GetValue(output)!, parsed.GetValue(sheet));
        DiTPipelineConfig description = DiTPipelineConfig.Open(ModelLocator.Resolve(name));
        ClassNames names = new(description);
        RefuseText(parsed, names);
        int[] labels = names.Select(parsed.GetValue(classes) ?? [], parsed.GetValue(repeats) ?? 1);
        files.CheckFit(description);
        GenerationOptions request = options.Create(parsed, labels, description);    // all that can be refused was, before weights are read
        using Device device = common.Open(parsed);
        bool isVerbose = parsed.GetValue(verbose);
        if (isVerbose) Explain(device);
        Stopwatch loading = Stopwatch.StartNew();
        if (parsed.GetValue(checkValues)) ModelInspection.CheckValues(description.Directory);
        using DiTPipeline pipeline = DiTPipeline.Load(
            description, device, parsed.GetValue(type), parsed.GetValue(weights), cancellation: shell.Cancellation);
        loading.Stop();
        shell.Warn(pipeline.Warnings);
        if (isVerbose)
            shell.Note($"loaded {description.Directory} in {Readable.Duration(loading.Elapsed)}, {Readable.Bytes(device.LiveBytes)} of weights");
        GenerationResult result = Generate(pipeline, request);
        PictureMetadata? metadata = parsed.GetValue(noMetadata) ? null : new PictureMetadata(name, pipeline, request, result);
        IReadOnlyList<string> written = files.Write(result, metadata, ColumnsOf(parsed, labels), shell.Cancellation);
        if (isVerbose) Warn(device);
        Report(parsed, new GenerateReport(name, pipeline, request, result, names, written, loading.Elapsed));
        return ExitCode.Ok;
    }

    private GenerationResult Generate(DiTPipeline pipeline, GenerationOptions request)
    {
        using DiTSession session = pipeline.CreateSession();
        string title = request.ClassLabels.Count == 1 ? "1 picture" : Readable.Invariant($"{request.ClassLabels.Count} pictures");
        return StepProgress.Run(shell, title, progress => session.Generate(request, progress, shell.Cancellation));
    }

    /// <summary>A row of the contact sheet is a class; with one picture a class they all stand in one row.</summary>
    private int ColumnsOf(ParseResult parsed, int[] labels) => parsed.GetValue(repeats) is > 1 and { } columns ? columns : labels.Length;

    private void RefuseText(ParseResult parsed, ClassNames names)
    {
        foreach (Option<string> option in new[] { prompt, negative })
        {
            if (parsed.GetResult(option) is not { Implicit: false }) continue;
            throw new RequestException($"«{option.Name}»: this model is class-conditional and takes no text; say --class: {names.Describe()}");
        }
    }

    private void Report(ParseResult parsed, GenerateReport report)
    {
        if (common.IsJson(parsed)) JsonReport.Write(shell, "generate", report.WriteJson);
        else report.WriteText(shell);
    }

    private void Explain(Device device)
    {
        shell.Note($"device {device}");
        if (device.ThreadCount > 0) shell.Note(Readable.Invariant($"threads {device.ThreadCount}"));
        device.Kernels.OnWarning = shell.Note;
    }

    private void Warn(Device device) =>
        shell.Note(Readable.Invariant($"{device.Kernels.CompileCount} kernels compiled, {Readable.Bytes(device.PeakBytes)} of memory at most"));
}
