using System.Text.Json;
using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Safetensors;

namespace Ditto.Verification;

/// <summary>Whole denoising loops of DiTPipeline directories: every network call's output and the latents of every step.</summary>
internal sealed class DiTPipelineSuite(Device device, DType type) : IReferenceSuite
{
    public bool Matches(DirectoryInfo folder) => DiTPipelineLayout.Of(folder) is not null;

    public IEnumerable<ReferenceCase> Cases(DirectoryInfo folder)
    {
        Tolerances tolerances = new(folder, type);
        DiTPipelineLayout layout = DiTPipelineLayout.Of(folder)!;
        using DiTPipeline pipeline = DiTPipeline.Load(Path.Combine(folder.FullName, layout.ModelFolder), device, type);
        foreach (FileInfo file in folder.EnumerateFiles("case-*.safetensors").OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(file.Name)["case-".Length..];
            yield return new ReferenceCase(name, comparison => Run(pipeline, layout, file.FullName, name, tolerances, comparison));
        }
    }

    private VerifyRow Run(
        DiTPipeline pipeline, DiTPipelineLayout layout, string file, string name, Tolerances tolerances, CaseComparison comparison)
    {
        using WeightSource reference = WeightSource.Open(file);
        GenerationOptions options = Options(reference, layout, name);
        using DiTSession session = pipeline.CreateSession();
        using DeviceStream stream = device.CreateStream();
        using Operations ops = device.CreateOperations(stream);
        DeviceTensors tensors = new(ops);
        List<float> outputs = [], latents = [.. options.Latents!.Value.Span];
        session.Probe = (step, tensor, value) =>
        {
            if (tensor == "output") outputs.AddRange(tensors.ToHost(value));
            else latents.AddRange(tensors.ToHost(value));
        };
        GenerationResult result = session.Generate(options);
        Compare(layout.Outputs, [.. outputs]);
        Compare(layout.StepLatents, [.. latents]);
        Compare(layout.FinalLatents, result.Latents);
        return comparison.ToRow();

        void Compare(string tensor, float[] actual)
        {
            if (!reference.Tensors.TryGetValue(tensor, out TensorEntry? entry)) return;
            bool isDoubled = entry.ElementCount == 2L * actual.Length;
            float[] comparable = isDoubled ? Doubled(actual, options.ClassLabels.Count * result.Sample(0).Length) : actual;
            comparison.Relative(tensor, comparable, entry.ToSingles(), tolerances.Of(name, tensor));
        }
    }

    /// <summary>The recorded pipelines carry the latents of each step once for each guidance branch; both halves are equal.</summary>
    private static float[] Doubled(float[] latents, int size) => [.. latents.Chunk(size).SelectMany(step => step.Concat(step))];

    private static GenerationOptions Options(WeightSource reference, DiTPipelineLayout layout, string name)
    {
        using JsonDocument call = JsonDocument.Parse(reference.Metadata["call"]);
        TensorEntry latents = reference[layout.Latents];
        return new GenerationOptions
        {
            ClassLabels = [.. call.RootElement.GetProperty("class_labels").EnumerateArray().Select(label => label.GetInt32())],
            GuidanceScale = call.RootElement.GetProperty("guidance_scale").GetSingle(),
            StepCount = call.RootElement.GetProperty("num_inference_steps").GetInt32(),
            GuidanceRule = name.StartsWith("first3", StringComparison.Ordinal) ? GuidanceRule.FirstThreeChannels : GuidanceRule.AllChannels,
            Height = (int)latents.Shape[2],
            Width = (int)latents.Shape[3],
            Latents = latents.ToSingles(),
            MaxBatch = (int)latents.Shape[0],
        };
    }
}
