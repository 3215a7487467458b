using Ditto.Configuration;
using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Safetensors;

namespace Ditto.Verification;

/// <summary>Forward passes of a DiT with intermediate results: <c>transformer/</c>, <c>case-*.safetensors</c>, <c>tolerances.json</c>.</summary>
internal sealed class DiTModelSuite(Device device, DType type) : IReferenceSuite
{
    private const string Expected = "expected.";

    public bool Matches(DirectoryInfo folder)
    {
        string config = Path.Combine(folder.FullName, "transformer", "config.json");
        return File.Exists(config) && folder.EnumerateFiles("case-*.safetensors").Any()
            && !File.Exists(Path.Combine(folder.FullName, "model_index.json"))
            && ConfigSection.Load(config).Text("_class_name", "") is string name && DiTConfig.ClassNames.Contains(name);
    }

    public IEnumerable<ReferenceCase> Cases(DirectoryInfo folder)
    {
        Tolerances tolerances = new(folder, type);
        using DiTModel model = DiTModel.Load(Path.Combine(folder.FullName, "transformer"), device, type);
        foreach (FileInfo file in folder.EnumerateFiles("case-*.safetensors").OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            string name = Path.GetFileNameWithoutExtension(file.Name)["case-".Length..];
            yield return new ReferenceCase(name, comparison => Run(model, file.FullName, name, tolerances, comparison));
        }
    }

    private VerifyRow Run(DiTModel model, string file, string name, Tolerances tolerances, CaseComparison comparison)
    {
        using WeightSource reference = WeightSource.Open(file);
        Dictionary<string, float[]> actual = Forward(model, reference);
        foreach (TensorEntry entry in reference.Tensors.Values.Where(entry => entry.Name.StartsWith(Expected, StringComparison.Ordinal)))
            if (actual.TryGetValue(entry.Name[Expected.Length..], out float[]? values))
                comparison.Relative(entry.Name, values, entry.ToSingles(), tolerances.Of(name, entry.Name));
        return comparison.ToRow();
    }

    private Dictionary<string, float[]> Forward(DiTModel model, WeightSource reference)
    {
        TensorEntry latents = reference["input.hidden_states"];
        int batch = (int)latents.Shape[0];
        DiTPlan plan = new(model.Config, new DiTShape(batch, batch, (int)latents.Shape[2], (int)latents.Shape[3], type));
        using DeviceStream stream = device.CreateStream();
        using Operations ops = device.CreateOperations(stream);
        using DiTForward forward = new(model, ops, plan);
        device.CopyToDevice<float>(forward.Latents, latents.ToSingles());
        device.CopyToDevice<float>(forward.Timesteps, reference["input.timestep"].ToSingles());
        device.CopyToDevice<int>(forward.Labels, [.. reference["input.class_labels"].ToSingles().Select(label => (int)label)]);
        Dictionary<string, float[]> seen = [];
        DeviceTensors tensors = new(ops);
        forward.Probe = (name, tensor) => seen[name] = tensors.ToHost(tensor);
        forward.Run();
        seen["sample"] = tensors.ToHost(forward.Output);
        return seen;
    }
}
