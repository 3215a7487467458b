using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ditto.Configuration;
using Ditto.Samplers;
using NUnit.Framework;

namespace Ditto.Tests.Samplers;

/// <summary>What samplers make of configs and step counts that are wrong, unusual or incomplete.</summary>
public sealed class SamplerConfigTests
{
    private const string Ddim = """{"_class_name":"DDIMScheduler"}""";
    private const string Ddpm = """{"_class_name":"DDPMScheduler"}""";
    private const string Dpm = """{"_class_name":"DPMSolverMultistepScheduler"}""";
    private const string Flow = """{"_class_name":"FlowMatchEulerDiscreteScheduler"}""";

    [TestCase(
        Ddim,
        "_class_name",
        "\"LMSDiscreteScheduler\"",
        "known: DDPMScheduler, DDIMScheduler, DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler")]
    [TestCase(Ddim, "_class_name", "null", "_class_name is missing")]
    [TestCase(Ddim, "_class_name", "7", "_class_name is 7")]
    [TestCase(Ddim, "num_train_timesteps", "0", "num_train_timesteps is 0; allowed: integers 1..")]
    [TestCase(Ddim, "num_train_timesteps", "1e9", "num_train_timesteps is 1e9")]
    [TestCase(Ddim, "num_train_timesteps", "\"1000\"", "num_train_timesteps is \"1000\"")]
    [TestCase(Ddim, "beta_start", "0.03", "beta_end is missing; allowed: numbers from beta_start (0.03) on: betas must not fall")]
    [TestCase(Ddim, "beta_end", "1.5", "beta_end is 1.5")]
    [TestCase(Ddim, "beta_schedule", "\"quadratic\"", "beta_schedule is \"quadratic\"; allowed: linear, scaled_linear, squaredcos_cap_v2, sigmoid")]
    [TestCase(Ddim, "trained_betas", "[0.1, 0.2]", "trained_betas is [0.1, 0.2]; allowed: 1000 numbers below 1")]
    [TestCase(Ddim, "trained_betas", "[0.1, 1.5]", "trained_betas[1] is 1.5")]
    [TestCase(
        """{"_class_name":"DDPMScheduler","num_train_timesteps":10}""",
        "trained_betas",
        "[0,0.2,0.3,0.4,0.5,0.6,0.7,0.7,0.7,0.7]",
        "the coefficients of step 9 of 10 are not finite: betas of 0")]
    [TestCase(Ddim, "prediction_type", "\"velocity\"", "prediction_type is \"velocity\"; allowed: epsilon, sample, v_prediction")]
    [TestCase(Ddim, "prediction_type", "\"flow_prediction\"", "prediction_type is \"flow_prediction\"")]
    [TestCase(Ddim, "timestep_spacing", "\"even\"", "allowed: linspace, leading, trailing")]
    [TestCase(Ddim, "steps_offset", "1000", "steps_offset is 1000; allowed: offsets that keep every timestep below 1000")]
    [TestCase(Ddim, "thresholding", "true", "thresholding is true; allowed: false")]
    [TestCase(Ddim, "clip_sample", "1", "clip_sample is 1; allowed: true, false")]
    [TestCase(Ddim, "clip_sample_range", "-1", "clip_sample_range is -1")]
    [TestCase(Ddpm, "variance_type", "\"learned\"", "variance_type is \"learned\"; allowed: fixed_small")]
    [TestCase(Ddpm, "thresholding", "true", "thresholding is true")]
    [TestCase(Dpm, "algorithm_type", "\"dpmsolver\"", "final_sigmas_type is zero; allowed: sigma_min")]
    [TestCase(Dpm, "algorithm_type", "\"euler\"", "algorithm_type is \"euler\"")]
    [TestCase(Dpm, "solver_order", "4", "solver_order is 4; allowed: integers 1..3")]
    [TestCase(Dpm, "solver_type", "\"rk4\"", "solver_type is \"rk4\"")]
    [TestCase(Dpm, "use_flow_sigmas", "true", "prediction_type is missing; allowed: flow_prediction")]
    [TestCase(
        Dpm,
        "prediction_type",
        "\"flow_prediction\"",
        "prediction_type is \"flow_prediction\"; allowed: epsilon, sample, v_prediction (use_flow_sigmas is false)")]
    [TestCase(Dpm, "lambda_min_clipped", "1000", "lambda_min_clipped is 1000")]
    [TestCase(Dpm, "thresholding", "true", "thresholding is true")]
    [TestCase(Flow, "use_dynamic_shifting", "true", "mu is missing; allowed: a finite number")]
    [TestCase(Flow, "shift", "0", "shift is 0")]
    [TestCase(Flow, "shift", "NaN", "shift is \"NaN\"")]
    [TestCase(Flow, "shift_terminal", "1", "shift_terminal is 1")]
    public void A_wrong_field_is_named_with_its_value_and_what_is_allowed(string config, string field, string value, string expected)
    {
        string entry = $"\"{field}\":{value}}}";
        JsonElement root = Parse(field == "_class_name" ? "{" + entry : config.Replace("}", "," + entry, StringComparison.Ordinal));
        Assert.That(
            () => SamplerFactory.FromConfig(root, 10),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains(expected).And.Message.StartsWith("scheduler_config.json: "));
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(1001)]
    [TestCase(1_000_000_000)]
    [TestCase(int.MinValue)]
    public void Step_counts_outside_of_the_training_range_are_refused(int stepCount)
    {
        foreach (string config in new[] { Ddim, Ddpm, Dpm, Flow })
            Assert.That(
                () => SamplerFactory.FromConfig(Parse(config), stepCount),
                Throws.TypeOf<ModelConfigException>().With.Message.Contains($"num_inference_steps is {stepCount}; allowed: 1..1000"));
    }

    [Test]
    public void Two_spacings_at_once_are_refused()
    {
        foreach (string className in new[] { "DPMSolverMultistepScheduler", "FlowMatchEulerDiscreteScheduler" })
        {
            JsonElement config = Parse($$"""{"_class_name":"{{className}}","use_karras_sigmas":true,"use_exponential_sigmas":true}""");
            Assert.That(
                () => SamplerFactory.FromConfig(config, 10),
                Throws.TypeOf<ModelConfigException>().With.Message.Contains("use_exponential_sigmas is true; allowed: false (only one spacing"));
        }
    }

    [Test]
    public void Noise_prediction_cannot_start_without_signal()
    {
        foreach (string className in new[] { "DDIMScheduler", "DDPMScheduler" })
        {
            JsonElement config = Parse($$"""{"_class_name":"{{className}}","rescale_betas_zero_snr":true,"timestep_spacing":"trailing"}""");
            Assert.That(
                () => SamplerFactory.FromConfig(config, 10),
                Throws.TypeOf<ModelConfigException>().With.Message.Contains("prediction_type is epsilon; allowed: v_prediction, sample"));
        }
    }

    [Test]
    public void A_stochastic_solver_of_order_3_is_refused()
    {
        JsonElement config = Parse("""{"_class_name":"DPMSolverMultistepScheduler","algorithm_type":"sde-dpmsolver++","solver_order":3}""");
        Assert.That(
            () => SamplerFactory.FromConfig(config, 10),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("solver_order is 3; allowed: integers 1..2"));
    }

    [Test]
    public void Sigmas_that_do_not_fit_are_refused()
    {
        Assert.That(
            () => SamplerFactory.FromConfig(Parse(Flow), 3, new SamplerOptions { Sigmas = [1f, 0.5f] }),
            Throws.ArgumentException.With.Message.Contains("2 sigmas are given for 3 steps"));
        Assert.That(() => SamplerFactory.FromConfig(Parse(Flow), 2, new SamplerOptions { Sigmas = [1f, 0f] }), Throws.ArgumentException);
        Assert.That(
            () => SamplerFactory.FromConfig(Parse(Flow), 2, new SamplerOptions { Sigmas = [0.5f, 0.5f] }),
            Throws.TypeOf<ModelConfigException>().With.Message.Contains("falling values"));
        Assert.That(
            () => SamplerFactory.FromConfig(Parse(Ddim), 2, new SamplerOptions { Eta = double.NaN }), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Another_method_carries_the_fields_over_that_it_knows()
    {
        JsonElement config = Parse(
            """{"_class_name":"DDIMScheduler","beta_schedule":"scaled_linear","beta_start":0.00085,"beta_end":0.012,"clip_sample":false}""");
        ISampler sampler = SamplerFactory.FromConfig(config, 20, "dpm++");
        Assert.That(sampler.Name, Is.EqualTo("DPM-Solver++ 2M"));
        Assert.That(sampler.Sigmas[0], Is.EqualTo(14.6146f).Within(1e-3));
        Assert.That(sampler.Step(5).HistoryCount, Is.EqualTo(1));
        Assert.That(
            () => SamplerFactory.FromConfig(config, 20, "plms"), Throws.ArgumentException.With.Message.Contains("known: ddpm, ddim, dpm++, euler"));
    }

    [Test]
    public void Python_numbers_and_unknown_fields_are_accepted()
    {
        JsonElement config = Parse(
            """{"_class_name":"DPMSolverMultistepScheduler","lambda_min_clipped":-Infinity,"note":"NaN, -Infinity \" {","skip_prk_steps":true}""");
        Assert.That(SamplerFactory.FromConfig(config, 5).StepCount, Is.EqualTo(5));
    }

    [Test]
    public void A_step_that_does_not_exist_is_refused()
    {
        ISampler sampler = SamplerFactory.FromConfig(Parse(Ddim), 2);
        Assert.That(() => sampler.Step(2), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => sampler.Step(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    /// <summary>1000 / 61 rounds so that numpy.arange yields a 62nd point at timestep -1.</summary>
    [Test]
    public void Trailing_spacing_never_leaves_the_training_range([Values(61, 103, 121, 999, 1000)] int stepCount)
    {
        ISampler sampler = SamplerFactory.FromConfig(Parse("""{"_class_name":"DDIMScheduler","timestep_spacing":"trailing"}"""), stepCount);
        Assert.That(sampler.StepCount, Is.EqualTo(stepCount));
        Assert.That(sampler.Timesteps[0], Is.EqualTo(999));
        Assert.That(sampler.Timesteps[^1], Is.GreaterThanOrEqualTo(0));
    }

    [Test]
    public void Every_coefficient_is_finite_for_every_config_and_many_step_counts()
    {
        string[] spacings = ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas"];
        string[] configs =
        [
            Ddim, Ddpm, Dpm, Flow,
            .. spacings.Select(spacing => $$"""{"_class_name":"DPMSolverMultistepScheduler","{{spacing}}":true,"solver_order":3}"""),
            .. spacings[..3].Select(spacing => $$"""{"_class_name":"FlowMatchEulerDiscreteScheduler","{{spacing}}":true,"shift":3}"""),
            """{"_class_name":"DPMSolverMultistepScheduler","algorithm_type":"sde-dpmsolver","final_sigmas_type":"sigma_min","solver_type":"heun"}""",
            """{"_class_name":"DPMSolverMultistepScheduler","algorithm_type":"sde-dpmsolver++","solver_type":"heun"}""",
            """{"_class_name":"DPMSolverMultistepScheduler","beta_schedule":"squaredcos_cap_v2","lambda_min_clipped":-5.1,"solver_order":3}""",
            """{"_class_name":"DDPMScheduler","beta_schedule":"sigmoid","variance_type":"learned_range","timestep_spacing":"linspace"}""",
        ];
        foreach (string config in configs)
        {
            foreach (int stepCount in new[] { 1, 2, 3, 7, 14, 15, 16, 28, 61, 150 })
                CheckFinite(SamplerFactory.FromConfig(Parse(config), stepCount), $"{config} with {stepCount} steps");
        }
    }

    [Test]
    public void Mutated_configs_give_a_sampler_or_a_typed_error()
    {
        Random random = new(20260731);
        string[] values =
        [
            "null", "0", "-1", "1", "2", "0.5", "1e308", "-1e308", "1e-320", "true", "false", "\"\"", "\"zero\"", "\"linspace\"", "\"dpmsolver\"",
            "[]", "[0.1]", "{}", "NaN", "Infinity", "99999999999999999999",
        ];
        JsonNode[] bases = [.. new[] { Ddim, Ddpm, Dpm, Flow }.Select(config => JsonNode.Parse(config)!)];
        string[] fields =
        [
            "num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas", "prediction_type", "timestep_spacing", "steps_offset",
            "clip_sample", "clip_sample_range", "thresholding", "rescale_betas_zero_snr", "variance_type", "set_alpha_to_one", "algorithm_type",
            "solver_order", "solver_type", "final_sigmas_type", "lambda_min_clipped", "use_karras_sigmas", "use_flow_sigmas", "flow_shift", "shift",
            "shift_terminal", "use_dynamic_shifting", "invert_sigmas",
        ];
        for (int i = 0; i < 5000; i++)
        {
            string text = bases[i % bases.Length].ToJsonString()[..^1];
            foreach (string field in fields.OrderBy(_ => random.Next()).Take(random.Next(1, 4)))
                text += $",\"{field}\":{values[random.Next(values.Length)]}";
            try
            {
                SamplerFactory.FromConfig(Parse(text + "}"), random.Next(1, 30), new SamplerOptions { Mu = 1 });
            }
            catch (ModelConfigException)
            {
                // The typed error is the other answer that is allowed.
            }
        }
    }

    private static void CheckFinite(ISampler sampler, string name)
    {
        for (int i = 0; i < sampler.StepCount; i++)
        {
            SamplerStep step = sampler.Step(i);
            double[] values =
            [
                step.X0FromX, step.X0FromModel, step.EpsFromX, step.EpsFromModel, step.EpsFromX0, step.MinLog, step.MaxLog, step.NoiseScale,
                step.XFromX, step.XFromX0, step.XFromEps, step.History1, step.History2, sampler.Timesteps[i],
            ];
            Assert.That(values.All(double.IsFinite), Is.True, $"{name}, step {i}: {step}");
            Assert.That(step.HistoryCount, Is.LessThanOrEqualTo(i), name);
        }
    }

    private static JsonElement Parse(string text) => ConfigFile.Parse("scheduler_config.json", Encoding.UTF8.GetBytes(text));
}
