using System.CommandLine;
using Ditto.Interop;
using Ditto.Layers;

namespace Ditto.CommandLine;

/// <summary>Options about the weights that several verbs share.</summary>
internal static class ModelOptions
{
    private static readonly (string Word, DType Value)[] Types = [("f32", DType.F32), ("bf16", DType.BF16), ("f16", DType.F16)];

    private static readonly (string Word, WeightStorage Value)[] Storages =
        [("dtype", WeightStorage.AsActivations), ("int8", WeightStorage.Int8)];

    /// <summary>Storage of the blocks' matrices, where it is not that of the activations.</summary>
    public static Option<WeightStorage> Weights() => OptionValues.Choice("--weights", "the blocks' matrices as --dtype says, or smaller", Storages);

    /// <summary>The name of what the blocks' matrices are kept in: <c>int8</c>, or the type of the activations.</summary>
    public static string StorageName(WeightStorage weights, DType type) => weights == WeightStorage.Int8 ? "int8" : type.ShortName();

    /// <summary>For people: <c>f32</c>, or <c>f32 with int8 weights</c>.</summary>
    public static string StorageText(WeightStorage weights, DType type) =>
        weights == WeightStorage.Int8 ? $"{type.ShortName()} with int8 weights" : type.ShortName();

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
