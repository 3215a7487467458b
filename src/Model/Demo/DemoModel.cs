namespace Ditto.Demo;

/// <summary>
/// The model that ships with Ditto: a class-conditional DiT (3.5 M parameters, 28x28 grey pictures, 10 classes) trained on Fashion-MNIST, in
/// diffusers' layout, and a small network that judges its pictures.
/// </summary>
public static class DemoModel
{
    /// <summary>The name under which commands know the model.</summary>
    public const string Name = "demo";

    /// <summary>The diffusers directory.</summary>
    public static string ModelDirectory => Path.Combine(AppContext.BaseDirectory, "demo", "model");

    /// <summary>The evaluator network, a safetensors file.</summary>
    public static string EvaluatorPath => Path.Combine(AppContext.BaseDirectory, "demo", "fashion-evaluator.safetensors");
}
