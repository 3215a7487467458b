using System.CommandLine;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>Options about the weights that several verbs share.</summary>
internal static class ModelOptions
{
    private static readonly (string Word, DType Value)[] Types = [("f32", DType.F32), ("bf16", DType.BF16), ("f16", DType.F16)];

    /// <summary>Storage of weights and activations.</summary>
    public static Option<DType> DataType() => OptionValues.Choice("--dtype", "storage of weights and activations", Types);

    /// <summary>Whether every weight is looked at.</summary>
    public static Option<bool> CheckValues() => new("--check-values") { Description = "refuse weights that are NaN or infinite; reads every file" };

    /// <summary>Which model: the word demo or a diffusers directory.</summary>
    public static Option<string> Model() => new("--model", "-m")
    {
        Description = "demo (the embedded one), or a diffusers directory",
        HelpName = "path",
        DefaultValueFactory = _ => "demo",
    };
}
