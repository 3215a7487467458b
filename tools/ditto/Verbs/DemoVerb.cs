using System.CommandLine;
using Ditto.Demo;
using Ditto.Imaging;
using Ditto.Interop;
using Ditto.Layers;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary><c>ditto demo</c>: the embedded model makes one picture, then a contact sheet with a row per class, and a network judges them.</summary>
internal sealed class DemoVerb
{
    private const int DefaultSteps = 30, DefaultSamples = 8, MaxSamples = 1000;
    private const int FirstClass = 9, FirstScale = 4, SheetScale = 2;

    private readonly Command command = new("demo", "The embedded model makes a contact sheet of its ten classes.");
    private readonly Option<string> output = new("--output", "-o")
    {
        Description = "folder for the pictures; it is made where it is missing",
        HelpName = "folder",
        DefaultValueFactory = _ => "ditto-demo",
    };

    private readonly Option<int?> steps = OptionValues.Integer("--steps", $"denoising steps [default: {DefaultSteps}]", 1, 1000);
    private readonly Option<int?> samples = OptionValues.Integer(
        "--samples-per-class", $"pictures of each class [default: {DefaultSamples}]", 1, MaxSamples);
    private readonly Option<Int128> seed = OptionValues.Seed("--seed", "seed of the noise; -1 draws one", "-s");
    private readonly Option<DType> type = ModelOptions.DataType();
    private readonly Option<WeightStorage> weights = ModelOptions.Weights();
    private readonly CommonOptions common;
    private readonly Shell shell;

    private DemoVerb(Shell shell)
    {
        this.shell = shell;
        foreach (Option option in new Option[] { output, steps, samples, seed, type, weights })
            command.Add(option);
        common = new CommonOptions(command);
        command.SetAction(Run);
    }

    public static Command Create(Shell shell) => new DemoVerb(shell).command;

    private int Run(ParseResult parsed)
    {
        string folder = MakeFolder(parsed.GetValue(output)!);
        using Device device = common.Open(parsed);
        using DiTPipeline pipeline = DiTPipeline.Load(
            DemoModel.ModelDirectory, device, parsed.GetValue(type), parsed.GetValue(weights), cancellation: shell.Cancellation);
        using DiTSession session = pipeline.CreateSession();
        GenerationOptions one = new()
        {
            ClassLabels = [FirstClass],
            StepCount = parsed.GetValue(steps) ?? DefaultSteps,
            Seed = unchecked((long)OptionValues.SeedOrDrawn(parsed.GetValue(seed))),
        };
        DemoPicture first = Make(session, pipeline, one, "first picture", Path.Combine(folder, "first.png"), FirstScale, 1);
        TimeSpan toFirst = DateTime.Now - shell.StartTime;
        int columns = parsed.GetValue(samples) ?? DefaultSamples;
        int[] labels = [.. Enumerable.Range(0, pipeline.Config.NumEmbedsAdaNorm).SelectMany(label => Enumerable.Repeat(label, columns))];
        DemoPicture sheet = Make(
            session, pipeline, one with { ClassLabels = labels }, "contact sheet", Path.Combine(folder, "contact-sheet.png"), SheetScale, columns);
        Evaluation evaluation = Evaluator.Open(DemoModel.EvaluatorPath).Evaluate(sheet.Result.Latents, labels);
        DemoReport report = new(pipeline, one, first, toFirst, sheet, columns, evaluation);
        if (common.IsJson(parsed)) JsonReport.Write(shell, "demo", report.WriteJson);
        else report.WriteText(shell);
        return ExitCode.Ok;
    }

    private DemoPicture Make(DiTSession session, DiTPipeline pipeline, GenerationOptions request, string title, string path, int scale, int columns)
    {
        GenerationResult result = StepProgress.Run(shell, title, progress => session.Generate(request, progress, shell.Cancellation));
        Image[] tiles = [.. Enumerable.Range(0, result.BatchSize).Select(result.ToImage)];
        Image image = ContactSheet.Compose(tiles, columns, scale, tiles.Length == 1 ? 0 : scale);
        PictureMetadata metadata = new(DemoModel.Name, pipeline, request, result);
        return new DemoPicture(PictureFiles.WritePng(path, image, metadata, tiles.Length == 1 ? 0 : null), result);
    }

    private static string MakeFolder(string folder)
    {
        try
        {
            if (folder.Length == 0) throw new RequestException("--output", "empty", "the name of a folder");
            Directory.CreateDirectory(folder);
            OutputFile.CheckWritable(Path.Combine(folder, "first.png"), "--output");
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException($"«--output» is {folder}, which cannot be made: {e.Message}", e);
        }
    }
}
