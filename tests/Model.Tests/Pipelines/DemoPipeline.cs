using Ditto.Demo;
using Ditto.Interop;
using Ditto.Pipelines;

namespace Ditto.Tests.Pipelines;

/// <summary>The demo model on the processor, loaded once for all tests.</summary>
internal static class DemoPipeline
{
    public static Device Device { get; } = Device.Open("cpu");

    private static readonly Lazy<DiTPipeline> Loaded = new(() => DiTPipeline.Load(DemoModel.ModelDirectory, Device));

    public static DiTPipeline Instance => Loaded.Value;

    /// <summary>A small request: three samples, four steps, guided.</summary>
    public static GenerationOptions Request { get; } = new() { ClassLabels = [1, 5, 8], StepCount = 4, GuidanceScale = 2f, Seed = 11 };

    public static float[] Generate(GenerationOptions options)
    {
        using DiTSession session = Instance.CreateSession();
        return session.Generate(options).Latents;
    }
}
