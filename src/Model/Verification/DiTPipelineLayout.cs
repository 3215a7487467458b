using Ditto.Configuration;
using Ditto.Safetensors;

namespace Ditto.Verification;

/// <summary>
/// The two ways in which recorded pipelines lie in a folder: the directory itself with <c>expected.*</c> tensors, or below <c>model/</c> with
/// every draw of noise and plain names.
/// </summary>
/// <param name="ModelFolder">Where model_index.json is, below the case's folder.</param>
/// <param name="Latents">The initial latents.</param>
/// <param name="Outputs">Every network call's output.</param>
/// <param name="StepLatents">The latents before the first and after every step.</param>
/// <param name="FinalLatents">The last latents.</param>
internal sealed record DiTPipelineLayout(string ModelFolder, string Latents, string Outputs, string StepLatents, string FinalLatents)
{
    private static readonly DiTPipelineLayout[] All =
    [
        new(".", "input.latents", "expected.transformer_outputs", "expected.step_latents", "expected.latents"),
        new("model", "noise.0", "transformer.outputs", "step.latents", "final.latents"),
    ];

    /// <summary>The layout of a folder; null where it holds no cases of a DiTPipeline.</summary>
    public static DiTPipelineLayout? Of(DirectoryInfo folder)
    {
        FileInfo? first = folder.EnumerateFiles("case-*.safetensors").FirstOrDefault();
        if (first is null) return null;
        foreach (DiTPipelineLayout layout in All)
        {
            string index = Path.Combine(folder.FullName, layout.ModelFolder, "model_index.json");
            if (!File.Exists(index) || ConfigSection.Load(index).Text("_class_name", "") != "DiTPipeline") continue;
            using WeightSource reference = WeightSource.Open(first.FullName);
            if (reference.Tensors.ContainsKey(layout.Latents)) return layout;
        }
        return null;
    }
}
