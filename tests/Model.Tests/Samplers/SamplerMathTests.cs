using System.Text;
using System.Text.Json;
using Ditto.Configuration;
using Ditto.Samplers;
using NUnit.Framework;

namespace Ditto.Tests.Samplers;

/// <summary>Properties that hold without any reference: exact solutions, orders of convergence, known distributions.</summary>
public sealed class SamplerMathTests
{
    private const string ZeroSnr = """
        {"_class_name":"DDIMScheduler","clip_sample":false,"prediction_type":"v_prediction","rescale_betas_zero_snr":true,
         "timestep_spacing":"trailing"}
        """;

    [Test]
    public void The_beta_quantile_is_right_where_a_formula_exists([Values(0, 0.01, 0.25, 0.5, 0.77, 0.999, 1)] double p)
    {
        Assert.That(BetaDistribution.Quantile(p, 1, 1), Is.EqualTo(p).Within(1e-14), "uniform");
        Assert.That(BetaDistribution.Quantile(p, 0.5, 0.5), Is.EqualTo(Math.Pow(Math.Sin(Math.PI * p / 2), 2)).Within(1e-13), "arcsine");
        Assert.That(BetaDistribution.Quantile(p, 3, 1), Is.EqualTo(Math.Cbrt(p)).Within(1e-13), "power");
        Assert.That(BetaDistribution.Quantile(p, 0.6, 0.6) + BetaDistribution.Quantile(1 - p, 0.6, 0.6), Is.EqualTo(1).Within(1e-13), "symmetry");
        Assert.That(BetaDistribution.Cumulative(BetaDistribution.Quantile(p, 0.6, 0.6), 0.6, 0.6), Is.EqualTo(p).Within(1e-13), "inverse");
    }

    /// <summary>A network that knows the sample: whatever the noise, every deterministic sampler that ends at sigma 0 must return it.</summary>
    [TestCase("""{"_class_name":"DDIMScheduler","clip_sample":false}""")]
    [TestCase(ZeroSnr)]
    [TestCase("""{"_class_name":"DPMSolverMultistepScheduler","solver_order":3}""")]
    [TestCase("""{"_class_name":"DPMSolverMultistepScheduler","solver_order":3,"use_beta_sigmas":true,"prediction_type":"v_prediction"}""")]
    [TestCase("""{"_class_name":"DPMSolverMultistepScheduler","use_flow_sigmas":true,"prediction_type":"flow_prediction","flow_shift":5}""")]
    [TestCase("""{"_class_name":"FlowMatchEulerDiscreteScheduler","use_beta_sigmas":true,"shift":3}""")]
    public void A_perfect_prediction_leads_to_the_sample(string config)
    {
        const double truth = 0.37;
        ISampler sampler = SamplerFactory.FromConfig(Parse(config), 20);
        double x = 1.5;
        List<double> history = [];
        for (int i = 0; i < sampler.StepCount; i++)
        {
            SamplerStep step = sampler.Step(i);
            double m = (truth - step.X0FromX * x) / step.X0FromModel;             // the output for which x0 is the truth
            double eps = step.EpsFromX * x + step.EpsFromModel * m;
            x = step.XFromX * x + step.XFromX0 * truth + step.XFromEps * eps
                + (step.HistoryCount > 0 ? step.History1 * history[^1] : 0) + (step.HistoryCount > 1 ? step.History2 * history[^2] : 0);
            history.Add(step.StoresX0 ? truth : eps);
        }
        Assert.That(x, Is.EqualTo(truth).Within(1e-9));
    }

    /// <summary>
    /// For normal data of deviation 0.5 the best prediction and the exact path are known. Halving the steps raises the error by 2^order; order 3
    /// starts with one step of order 1, whose error is of second order, and so gains a factor instead.
    /// </summary>
    [Test]
    public void Dpm_solver_converges_with_its_order()
    {
        double[] coarse = [.. Enumerable.Range(1, 3).Select(order => ErrorOnNormalData(order, 100))];
        double[] fine = [.. Enumerable.Range(1, 3).Select(order => ErrorOnNormalData(order, 200))];
        string errors = $"errors {string.Join(", ", coarse)} and {string.Join(", ", fine)}";
        Assert.That(Math.Log2(coarse[0] / fine[0]), Is.EqualTo(1).Within(0.2), errors);
        Assert.That(Math.Log2(coarse[1] / fine[1]), Is.EqualTo(2).Within(0.2), errors);
        Assert.That(Math.Log2(coarse[2] / fine[2]), Is.GreaterThan(1.8), errors);
        Assert.That(fine[2], Is.LessThan(0.5 * fine[1]), errors);
    }

    private static double ErrorOnNormalData(int order, int stepCount)
    {
        const double deviation = 0.5;
        string fields = """ "use_lu_lambdas":true,"final_sigmas_type":"sigma_min","prediction_type":"sample" """;
        string config = $$"""{"_class_name":"DPMSolverMultistepScheduler","solver_order":{{order}},{{fields}}}""";
        ISampler sampler = SamplerFactory.FromConfig(Parse(config), stepCount);
        double start = Marginal(sampler.Sigmas[0], deviation), x = start;
        List<double> history = [];
        for (int i = 0; i < sampler.StepCount; i++)
        {
            SamplerStep step = sampler.Step(i);
            double sigma = sampler.Sigmas[i], alpha = 1 / Math.Sqrt(1 + sigma * sigma);
            double clean = x / alpha * deviation * deviation / (deviation * deviation + sigma * sigma);         // E[x0 | x]
            x = step.XFromX * x + step.XFromX0 * clean
                + (step.HistoryCount > 0 ? step.History1 * history[^1] : 0) + (step.HistoryCount > 1 ? step.History2 * history[^2] : 0);
            history.Add(clean);
        }
        return Math.Abs(x - Marginal(sampler.Sigmas[^1], deviation));
    }

    /// <summary>On the exact path x keeps its place in the distribution: it stays in proportion to the marginal's deviation.</summary>
    private static double Marginal(double sigma, double deviation) =>
        Math.Sqrt((deviation * deviation + sigma * sigma) / (1 + sigma * sigma));

    private static JsonElement Parse(string text) => ConfigFile.Parse("scheduler_config.json", Encoding.UTF8.GetBytes(text));
}
