using Ditto.Demo;
using Ditto.Interop;
using Ditto.Pipelines;
using NUnit.Framework;

namespace Ditto.Tests.Pipelines;

/// <summary>What inspection says of a model without loading it.</summary>
public sealed class InspectionTests
{
    private static readonly GenerationOptions Good = DemoPipeline.Request;

    [Test]
    public void Inspection_plans_what_a_session_then_allocates()
    {
        ModelSummary summary = ModelInspection.Inspect(DemoModel.ModelDirectory, DType.F32, Good);
        using DiTSession session = DemoPipeline.Instance.CreateSession();
        Assert.That(session.Generate(Good).PoolBytes, Is.EqualTo(summary.PoolBytes));
        Assert.That(DemoPipeline.Instance.Transformer.WeightBytes, Is.EqualTo(summary.WeightBytes));
        Assert.That(summary.FileBytes, Is.EqualTo(2 * summary.ParameterCount), "f16 weights");
        Assert.That(summary.Warnings.Concat(DemoPipeline.Instance.Warnings), Is.Empty, "copies of the shared embedder are expected");
    }
}
