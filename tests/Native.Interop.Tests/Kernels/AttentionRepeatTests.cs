using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Attention gives the same bits whatever runs beside it, costs the host nothing once compiled, and refuses what does not fit.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class AttentionRepeatTests(TestDevice device)
{
    private static readonly DType[] Types = [DType.F32, DType.BF16, DType.F16];

    [Test]
    public void The_number_of_threads_changes_no_bit([ValueSource(nameof(Types))] DType type)
    {
        if (device.Device.ThreadCount == 0) Assert.Ignore($"{device.Name} has no worker threads");
        AttentionCase test = new(type, 2, 3, 150, 97, 72);
        int before = device.Device.ThreadCount;
        try
        {
            byte[]? first = null;
            foreach (int threads in new[] { 1, 2, 3 })
            {
                device.Device.ThreadCount = threads;
                byte[] bytes = Run(test, 0, test.Batch);
                first ??= bytes;
                Assert.That(bytes, Is.EqualTo(first), $"{threads} threads");
            }
        }
        finally
        {
            device.Device.ThreadCount = before;
        }
    }

    [Test]
    public void A_sample_alone_is_the_sample_of_the_batch([ValueSource(nameof(Types))] DType type, [Values(40, 64)] int headDim)
    {
        AttentionCase test = new AttentionCase(type, 3, 2, 70, 130, headDim).Hide((sample, key) => sample != 2 || key % 4 != 0);
        byte[] all = Run(test, 0, 3);
        int each = all.Length / 3;
        for (int sample = 0; sample < 3; sample++)
            Assert.That(Run(test, sample, 1), Is.EqualTo(all[(sample * each)..((sample + 1) * each)]), $"sample {sample}");
    }

    [Test]
    public void Two_runs_give_the_same_bits([ValueSource(nameof(Types))] DType type)
    {
        AttentionCase test = new(type, 1, 2, 129, 100, 88);
        byte[] first = Run(test, 0, 1);
        for (int run = 0; run < 3; run++) Assert.That(Run(test, 0, 1), Is.EqualTo(first));
    }

    [Test]
    public void A_repeated_call_allocates_nothing_on_the_host()
    {
        using TestMemory memory = device.Memory();
        Tensor x = memory.Upload(new float[4 * 16 * 64], DType.F32, 1, 16, 4, 64), y = memory.Allocate(DType.F32, 1, 16, 4, 64);
        for (int run = 0; run < 3; run++) device.Operations.Attention(y, x, x, x);
        long before = device.HostBytes;
        for (int run = 0; run < 10; run++) device.Operations.Attention(y, x, x, x);
        Assert.That(device.HostBytes - before, Is.Zero);
    }

    [Test]
    public void Arguments_that_do_not_fit_are_named_on_both_sides()
    {
        using TestMemory memory = device.Memory();
        Tensor query = memory.Allocate(DType.BF16, 2, 5, 3, 72), key = memory.Allocate(DType.BF16, 2, 7, 3, 72);
        Assert.Multiple(() =>
        {
            Refused(query, query, memory.Allocate(DType.BF16, 2, 7, 3, 64), key, default, "key has head_dim 64, query has 72");
            Refused(query, query, key, memory.Allocate(DType.BF16, 2, 6, 3, 72), default, "value has tokens 6, key has 7");
            Refused(query, query, memory.Allocate(DType.BF16, 1, 7, 3, 72), key, default, "key has batch 1, query has 2");
            Refused(query, query, memory.Allocate(DType.BF16, 2, 7, 4, 72), key, default, "key has heads 4, query has 3");
            Refused(key, query, key, key, default, "output has tokens 7, query has 5");
            Refused(query, query, memory.Allocate(DType.F16, 2, 7, 3, 72), key, default, "key is f16 [2, 7, 3, 72], query is bf16 [2, 5, 3, 72]");
            Refused(query, query, key, default, default, "value is absent");
            Refused(query, query, key, key, memory.Allocate(DType.Bool, 2, 6), "keyMask is bool [2, 6], expected length 7");
            Refused(query, query, key, key, memory.Allocate(DType.F32, 2, 7), "keyMask is f32 [2, 7], expected bool or u8");
            Refused(query.Reshape(2, 5, 216), query, key, key, default, "output is bf16 [2, 5, 216], expected 4 dimensions");
            Refused(query, query.Slice(3, 0, 64), key.Slice(3, 0, 64), key, default, "must lie side by side");
        });
    }

    [Test]
    public void Unsupported_head_dims_types_and_scales_are_refused()
    {
        using TestMemory memory = device.Memory();
        Tensor x = memory.Allocate(DType.F32, 1, 5, 1, 64);
        Assert.Multiple(() =>
        {
            foreach (int headDim in new[] { 24, 36, 136 })
            {
                Tensor odd = memory.Allocate(DType.F32, 1, 5, 1, headDim);
                Refused(odd, odd, odd, odd, default, $"head_dim is {headDim}, expected 32 to 128 in steps of 8");
            }
            Tensor wide = memory.Allocate(DType.F64, 1, 5, 1, 64);
            Refused(wide, wide, wide, wide, default, "no kernel for f64");
            foreach (float scale in new[] { 0, -1, float.NaN, float.PositiveInfinity })
                Assert.That(() => device.Operations.Attention(x, x, x, x, default, scale), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    private void Refused(Tensor output, Tensor query, Tensor key, Tensor value, Tensor mask, string message) =>
        Assert.That(() => device.Operations.Attention(output, query, key, value, mask), Throws.ArgumentException.With.Message.Contains(message));

    private byte[] Run(AttentionCase test, int first, int count)
    {
        using TestMemory memory = device.Memory();
        Tensor mask = test.Mask.Length == 0 ? default : memory.UploadRaw<byte>(test.Mask, DType.U8, test.Batch, test.Keys).Slice(0, first, count);
        Tensor output = memory.Allocate(test.Type, count, test.Queries, test.Heads, test.HeadDim);
        device.Operations.Attention(
            output,
            memory.Upload(test.Query, test.Type, test.Batch, test.Queries, test.Heads, test.HeadDim).Slice(0, first, count),
            memory.Upload(test.Key, test.Type, test.Batch, test.Keys, test.Heads, test.HeadDim).Slice(0, first, count),
            memory.Upload(test.Value, test.Type, test.Batch, test.Keys, test.Heads, test.HeadDim).Slice(0, first, count),
            mask);
        return memory.DownloadBytes(output);
    }
}
