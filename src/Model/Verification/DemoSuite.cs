using System.Globalization;
using Ditto.Configuration;
using Ditto.Demo;
using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Safetensors;

namespace Ditto.Verification;

/// <summary>
/// Recorded pictures of a model without a VAE: a folder with <c>model/</c> (or called demo) and <c>case-*.safetensors</c>. Each case runs
/// twice, from the recorded noise and from the seed alone, and the 8-bit pictures are compared too. In bf16 and f16 only the first prediction
/// is compared: every later step starts from the rounding of those before it.
/// </summary>
internal sealed class DemoSuite(Device device, DType type) : IReferenceSuite
{
    /// <summary>f32: a step at low signal multiplies the rounding of a prediction by up to 1 / sqrt(alpha) = 160, so 160 x 2^-23 over a run.
    /// bf16 and f16: twice what the reference implementation itself moves a prediction.</summary>
    private double Tolerance => type switch { DType.BF16 => 2.2e-2, DType.F16 => 2.0e-3, _ => 2e-5 };

    /// <summary>uncond + g (cond - uncond) multiplies errors by g + (g - 1).</summary>
    private double Bound(GenerationOptions options) => Tolerance * Math.Max(1, (2 * options.GuidanceScale) - 1);

    public bool Matches(DirectoryInfo folder)
    {
        if (ModelDirectory(folder) is not { } model || folder.EnumerateFiles("case-*.safetensors").FirstOrDefault() is not { } first) return false;
        if (ConfigSection.Load(Path.Combine(model, "model_index.json")).Text("_class_name", "") != "DiTPipeline") return false;
        using WeightSource reference = WeightSource.Open(first.FullName);
        return reference.Tensors.ContainsKey("input.noise") && reference.Tensors.ContainsKey("expected.image_u8");
    }

    public IEnumerable<ReferenceCase> Cases(DirectoryInfo folder)
    {
        using DiTPipeline pipeline = DiTPipeline.Load(ModelDirectory(folder)!, device, type);
        foreach (FileInfo file in folder.EnumerateFiles("case-*.safetensors").OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(file.Name)["case-".Length..];
            if (type != DType.F32 && !HasPredictions(file.FullName))
            {
                yield return ReferenceCase.Refused(name, "no prediction is recorded, and whole pictures are compared in f32 only");
                continue;
            }
            yield return new ReferenceCase(name, comparison => Run(pipeline, file.FullName, fromSeed: false, comparison));
            yield return new ReferenceCase($"{name} (seed alone)", comparison => Run(pipeline, file.FullName, fromSeed: true, comparison));
        }
    }

    private static bool HasPredictions(string file)
    {
        using WeightSource reference = WeightSource.Open(file);
        return reference.Tensors.ContainsKey("expected.step.noise_prediction");
    }

    /// <summary>The cases' own model, or the one that ships with Ditto for a folder called demo.</summary>
    private static string? ModelDirectory(DirectoryInfo folder)
    {
        string own = Path.Combine(folder.FullName, "model");
        if (File.Exists(Path.Combine(own, "model_index.json"))) return own;
        return folder.Name == DemoModel.Name ? DemoModel.ModelDirectory : null;
    }

    private VerifyRow Run(DiTPipeline pipeline, string file, bool fromSeed, CaseComparison comparison)
    {
        using WeightSource reference = WeightSource.Open(file);
        GenerationOptions options = Options(reference, fromSeed);
        double bound = Bound(options);
        using DiTSession session = pipeline.CreateSession();
        using DeviceStream stream = device.CreateStream();
        using Operations ops = device.CreateOperations(stream);
        DeviceTensors tensors = new(ops);
        List<float> latents = [], predictions = [];
        session.Probe = (step, tensor, value) => (tensor == "latents" ? latents : predictions).AddRange(tensors.ToHost(value));
        GenerationResult result = session.Generate(options);
        if (type != DType.F32)
        {
            TensorEntry entry = reference["expected.step.noise_prediction"];
            int size = (int)(entry.ElementCount / entry.Shape[0]);
            ReadOnlySpan<float> first = Guided(predictions, options, options.StepCount).AsSpan(0, size), expected = entry.ToSingles().AsSpan(0, size);
            comparison.Relative($"{entry.Name}[0]", first, expected, bound);
            return comparison.ToRow();
        }
        if (reference.Tensors.TryGetValue("expected.step.latents", out TensorEntry? steps))
        {
            comparison.Relative(steps.Name, [.. latents], steps.ToSingles(), bound);
            float[] guided = Guided(predictions, options, (int)steps.Shape[0]), recorded = reference["expected.step.noise_prediction"].ToSingles();
            comparison.Relative("expected.step.noise_prediction", guided, recorded, bound);
        }
        comparison.Relative("expected.sample", result.Latents, reference["expected.sample"].ToSingles(), bound);
        float[] pixels = [.. Enumerable.Range(0, result.BatchSize).SelectMany(i => result.ToImage(i).Pixels.ToArray()).Select(pixel => (float)pixel)];
        comparison.Absolute("expected.image_u8", pixels, reference["expected.image_u8"].ToSingles(), 1);
        return comparison.ToRow();
    }

    private static GenerationOptions Options(WeightSource reference, bool fromSeed)
    {
        TensorEntry noise = reference["input.noise"];
        return new GenerationOptions
        {
            ClassLabels = [.. reference["input.class_labels"].ToSingles().Select(label => (int)label)],
            GuidanceScale = float.Parse(reference.Metadata["guidance_scale"], CultureInfo.InvariantCulture),
            StepCount = int.Parse(reference.Metadata["steps"], CultureInfo.InvariantCulture),
            Seed = long.Parse(reference.Metadata["seed"], CultureInfo.InvariantCulture),
            Height = (int)noise.Shape[2],
            Width = (int)noise.Shape[3],
            Latents = fromSeed ? (ReadOnlyMemory<float>?)null : noise.ToSingles(),
            MaxBatch = (int)noise.Shape[0],
        };
    }

    /// <summary>uncond + scale (cond - uncond) of every step: the engine does this inside the sampler's kernel and keeps no such tensor.</summary>
    private static float[] Guided(List<float> predictions, GenerationOptions options, int stepCount)
    {
        if (options.GuidanceScale <= 1f) return [.. predictions];
        int half = predictions.Count / stepCount / 2;
        return [.. predictions.Chunk(2 * half).SelectMany(step => step.Take(half).Zip(step.Skip(half), Guide))];

        float Guide(float cond, float uncond) => uncond + (options.GuidanceScale * (cond - uncond));
    }
}
