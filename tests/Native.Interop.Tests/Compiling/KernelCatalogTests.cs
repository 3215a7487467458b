using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>The list of shipped kernels.</summary>
public sealed class KernelCatalogTests
{
    [Test]
    public void Entries_are_numbered_in_order_and_unique()
    {
        Assert.That(KernelCatalog.All.Select(entry => entry.Index), Is.EqualTo(Enumerable.Range(0, KernelCatalog.All.Count)));
        Assert.That(KernelCatalog.All.Select(entry => entry.NameExpression), Is.Unique);
    }

    [Test]
    public void Every_source_ships_and_every_shipped_source_is_listed() =>
        Assert.That(KernelCatalog.All.Select(entry => entry.Source).Distinct(), Is.EquivalentTo(KernelResources.Names()));

    [Test]
    public void Attention_is_found_by_type_and_head_dim()
    {
        Assert.That(KernelCatalog.AttentionFor(DType.BF16, 72).NameExpression, Is.EqualTo("attention<bf16, 72>"));
        Assert.That(() => KernelCatalog.AttentionFor(DType.F32, 36), Throws.ArgumentException.With.Message.Contains("36"));
        Assert.That(() => KernelCatalog.AttentionFor(DType.F32, 136), Throws.ArgumentException);
        Assert.That(() => KernelCatalog.AttentionFor(DType.I32, 64), Throws.ArgumentException.With.Message.Contains("i32"));
    }

    [Test]
    public void A_conversion_is_found_by_both_types()
    {
        Assert.That(KernelCatalog.ConvertFor(DType.BF16, DType.F32).NameExpression, Is.EqualTo("convert<bf16, float>"));
        Assert.That(() => KernelCatalog.ConvertFor(DType.I64, DType.F32), Throws.ArgumentException);
    }
}
