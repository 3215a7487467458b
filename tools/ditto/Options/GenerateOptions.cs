using System.CommandLine;
using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary>The options that say how a picture is made, as sd-cli names them.</summary>
internal sealed class GenerateOptions
{
    private static readonly (string Word, string? Value)[] Samplers =
        [("model", null), ("ddpm", "ddpm"), ("ddim", "ddim"), ("dpm++", "dpm++"), ("euler", "euler")];
    private static readonly (string Word, RandomSource Value)[] Generators = [("torch-cpu", RandomSource.TorchCpu), ("cuda", RandomSource.Cuda)];
    private static readonly (string Word, GuidanceRule Value)[] Rules =
        [("all", GuidanceRule.AllChannels), ("first3", GuidanceRule.FirstThreeChannels)];

    private readonly Option<int?> steps = OptionValues.Integer("--steps", "denoising steps [default: 50]", 1, 1000);
    private readonly Option<float?> guidance = OptionValues.Real("--cfg-scale", "classifier-free guidance, 1 is off [default: 1.5]");
    private readonly Option<GuidanceRule> rule = OptionValues.Choice("--guidance-rule", "channels that guidance acts on", Rules);
    private readonly Option<string?> sampler = OptionValues.Choice("--sampling-method", "sampler, or the model's own", Samplers);
    private readonly Option<Int128> seed = OptionValues.Seed("--seed", "seed of the noise; -1 draws one and prints it", "-s");
    private readonly Option<RandomSource> generator = OptionValues.Choice("--rng", "PyTorch's generator to equal", Generators);
    private readonly Option<string> noise = new("--init-noise")
    {
        Description = "FILE.safetensors with the initial noise instead of a seed",
        HelpName = "file",
    };

    private readonly Option<int?> width = OptionValues.Integer("--width", "width in latent pixels [default: the model's]", 1, NoLimit, "-W");
    private readonly Option<int?> height = OptionValues.Integer("--height", "height in latent pixels [default: the model's]", 1, NoLimit, "-H");
    private readonly Option<int?> maxBatch = OptionValues.Integer("--max-batch", "samples computed at a time [default: 16]", 1, 4096);

    /// <summary>The engine knows the model's own limit.</summary>
    private const int NoLimit = 16384;

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command verb)
    {
        foreach (Option option in new Option[] { steps, guidance, rule, sampler, seed, generator, noise, width, height, maxBatch })
            verb.Add(option);
    }

    /// <summary>The request for some class labels.</summary>
    /// <exception cref="RequestException">An option is outside its range for this model, or the file of initial noise is not usable.</exception>
    public GenerationOptions Create(ParseResult parsed, int[] labels, DiTPipelineConfig model)
    {
        GenerationOptions request = new()
        {
            ClassLabels = labels,
            GuidanceRule = parsed.GetValue(rule),
            Sampler = parsed.GetValue(sampler),
            Seed = unchecked((long)OptionValues.SeedOrDrawn(parsed.GetValue(seed))),
            RandomSource = parsed.GetValue(generator),
            Width = parsed.GetValue(width),
            Height = parsed.GetValue(height),
        };
        if (parsed.GetValue(steps) is { } count) request = request with { StepCount = count };
        if (parsed.GetValue(guidance) is { } scale) request = request with { GuidanceScale = scale };
        if (parsed.GetValue(maxBatch) is { } most) request = request with { MaxBatch = most };
        model.Check(request);
        return parsed.GetValue(noise) is { } file ? InitialNoise.Apply(request, file, model) : request;
    }
}
