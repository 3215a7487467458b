using System.Text.Json;
using Ditto.Configuration;

namespace Ditto.Samplers;

/// <summary>Makes samplers from diffusers' scheduler_config.json. Missing fields take the class's defaults, unknown ones are ignored.</summary>
public static class SamplerFactory
{
    private const string DefaultFile = "scheduler_config.json";

    private static readonly Dictionary<string, string> MethodClasses = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ddpm"] = "DDPMScheduler",
        ["ddim"] = "DDIMScheduler",
        ["dpm++"] = "DPMSolverMultistepScheduler",
        ["euler"] = "FlowMatchEulerDiscreteScheduler",
    };

    /// <summary>Short names of sampling methods, as a command line takes them: ddpm, ddim, dpm++ and euler (flow matching).</summary>
    public static IReadOnlyCollection<string> Methods => MethodClasses.Keys;

    /// <summary>The scheduler classes that are supported.</summary>
    public static IReadOnlyCollection<string> ClassNames => MethodClasses.Values;

    /// <summary>A sampler for a parsed config.</summary>
    /// <param name="config">The config's root object.</param>
    /// <param name="stepCount">Number of steps, 1 to num_train_timesteps.</param>
    /// <param name="options">What the caller decides; null = nothing.</param>
    /// <param name="file">Path or name of the config, for messages.</param>
    /// <exception cref="ModelConfigException">The class is not supported, or a field or the number of steps is not usable.</exception>
    public static ISampler FromConfig(JsonElement config, int stepCount, SamplerOptions? options = null, string file = DefaultFile)
    {
        ConfigSection section = new(file, config);
        SamplerOptions chosen = options ?? new SamplerOptions();
        string className = chosen.ClassName ?? section.Text("_class_name");
        ISampler sampler = className switch
        {
            "DDPMScheduler" => DdpmSampler.Create(section, stepCount),
            "DDIMScheduler" => DdimSampler.Create(section, stepCount, chosen),
            "DPMSolverMultistepScheduler" => DpmSolverSampler.Create(section, stepCount, chosen),
            "FlowMatchEulerDiscreteScheduler" => FlowMatchEulerSampler.Create(section, stepCount, chosen),
            _ => throw section.Refuse(
                "_class_name", $"the unsupported scheduler class {Quoted.Text(className)}", $"known: {string.Join(", ", ClassNames)}"),
        };
        for (int step = 0; step < sampler.StepCount; step++)
        {
            if (sampler.Step(step).IsFinite) continue;
            string where = $"the coefficients of step {step} of {stepCount}";
            throw new ModelConfigException(file, $"{where} are not finite: betas of 0, or too close to 0 or 1");
        }
        return sampler;
    }

    /// <summary>A sampler for a parsed config, but of another method; fields that the method knows are carried over, as diffusers does.</summary>
    /// <param name="config">The config's root object.</param>
    /// <param name="stepCount">Number of steps, 1 to num_train_timesteps.</param>
    /// <param name="method">One of <see cref="Methods"/>.</param>
    /// <param name="options">What the caller decides; null = nothing.</param>
    /// <param name="file">Path or name of the config, for messages.</param>
    /// <exception cref="ArgumentException">There is no such method.</exception>
    /// <exception cref="ModelConfigException">A field or the number of steps is not usable.</exception>
    public static ISampler FromConfig(JsonElement config, int stepCount, string method, SamplerOptions? options = null, string file = DefaultFile)
    {
        if (!MethodClasses.TryGetValue(method, out string? className))
            throw new ArgumentException($"unknown sampling method {Quoted.Text(method)}; known: {string.Join(", ", Methods)}", nameof(method));
        return FromConfig(config, stepCount, (options ?? new SamplerOptions()) with { ClassName = className }, file);
    }

    /// <summary>A sampler for a config file.</summary>
    /// <param name="path">Path of scheduler_config.json.</param>
    /// <param name="stepCount">Number of steps, 1 to num_train_timesteps.</param>
    /// <param name="options">What the caller decides; null = nothing.</param>
    /// <exception cref="ModelConfigException">The file, its class, a field or the number of steps is not usable.</exception>
    public static ISampler Open(string path, int stepCount, SamplerOptions? options = null) =>
        FromConfig(ConfigFile.Read(path), stepCount, options, path);
}
