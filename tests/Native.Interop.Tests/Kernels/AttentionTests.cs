using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Attention against float64: every head_dim and type, odd sizes, masks, views, scores of all sizes.</summary>
[TestFixtureSource(typeof(TestDevices), nameof(TestDevices.All))]
public sealed class AttentionTests(TestDevice device)
{
    private static readonly DType[] Types = [DType.F32, DType.BF16, DType.F16];

    private static readonly (int Queries, int Keys)[] Sizes = [(1, 1), (5, 63), (63, 5), (64, 65), (130, 200)];

    [Test]
    public void Matches_float64([ValueSource(nameof(Types))] DType type, [Range(32, 128, 8)] int headDim)
    {
        foreach ((int queries, int keys) in Sizes)
        {
            AttentionCase test = new(type, queries > 100 ? 1 : 2, queries > 100 ? 1 : 3, queries, keys, headDim);
            Check(test, Run(test), $"{queries} queries, {keys} keys");
        }
    }

    [Test]
    public void Hidden_keys_count_for_nothing([ValueSource(nameof(Types))] DType type, [Values(32, 72, 88, 104, 128)] int headDim)
    {
        foreach ((int queries, int keys) in Sizes)
        {
            AttentionCase test = new(type, 2, queries > 100 ? 1 : 2, queries, keys, headDim);
            test.Hide((sample, key) => sample == 0 || keys == 1 || key >= keys / 2 || key % 3 == 0);
            Check(test, Run(test), $"{queries} queries, {keys} keys");
        }
    }

    [Test]
    public void A_long_run_of_hidden_keys_is_skipped([ValueSource(nameof(Types))] DType type)
    {
        AttentionCase test = new AttentionCase(type, 2, 1, 65, 300, 64).Hide((sample, key) => sample == 0 ? key >= 290 : key < 3);
        Check(test, Run(test), "");
    }

    [Test]
    public void A_sample_without_keys_gives_zero([ValueSource(nameof(Types))] DType type, [Values(0, 1, 130)] int keys)
    {
        AttentionCase test = new AttentionCase(type, 2, 2, 70, keys, 72).Hide((sample, _) => sample == 1);
        double[] actual = Run(test);
        Check(test, actual, "");
        Assert.That(actual.Take(70 * 2 * 72), Is.All.Zero);
    }

    [Test]
    public void Large_scores_do_not_overflow([ValueSource(nameof(Types))] DType type, [Values(40, 64, 128)] int headDim)
    {
        AttentionCase test = new(type, 1, 2, 65, 130, headDim, spread: 30, scale: 1);
        double[] actual = Run(test, scale: 1);
        Check(test, actual, "");
        Assert.That(actual, Is.All.Matches<double>(double.IsFinite));
    }

    [Test]
    public void A_scale_of_its_own([ValueSource(nameof(Types))] DType type)
    {
        AttentionCase test = new(type, 1, 1, 33, 47, 48, scale: 0.5f);
        Check(test, Run(test, scale: 0.5f), "");
    }

    [Test]
    public void Thirds_of_a_fused_projection([ValueSource(nameof(Types))] DType type, [Values(0, 1, 3)] int gap)
    {
        AttentionCase test = new(type, 2, 3, 67, 67, 72);
        using TestMemory memory = device.Memory();
        int width = 3 * 72;
        Tensor fused = memory.UploadStrided(Interleave(test, width), type, gap, 2, 67, 3 * width);  // (batch, tokens, q | k | v)
        Tensor output = memory.Allocate(type, 2, 67, 3, 72);
        device.Operations.Attention(
            output, Heads(fused, 0, width, test), Heads(fused, width, width, test), Heads(fused, 2 * width, width, test));
        Check(test, memory.Download(output), "");
    }

    [Test]
    public void A_part_of_a_joint_sequence_is_written_and_no_more([ValueSource(nameof(Types))] DType type, [Values(0, 1)] int gap)
    {
        AttentionCase test = new(type, 2, 2, 65, 40, 64);
        using TestMemory memory = device.Memory();
        float[] before = new float[2 * 80 * 2 * 64];
        Array.Fill(before, 7);
        Tensor joint = memory.UploadStrided(before, type, gap, 2, 80, 128);
        Tensor output = Heads(joint, 0, 128, test).Slice(1, 9, 65);
        Launch(memory, test, output);
        Check(test, memory.Download(output), "");
        Assert.That(memory.Download(joint.Slice(1, 0, 9)), Is.All.EqualTo(7));
        Assert.That(memory.Download(joint.Slice(1, 74, 6)), Is.All.EqualTo(7));
    }

    [Test]
    public void Unaligned_addresses([ValueSource(nameof(Types))] DType type, [Values(40, 64)] int headDim)
    {
        AttentionCase test = new(type, 2, 2, 70, 66, headDim);
        using TestMemory memory = device.Memory();
        Tensor query = memory.AllocateAt(type, 1, 2, 70, 2, headDim), key = memory.AllocateAt(type, 3, 2, 66, 2, headDim);
        Tensor value = memory.AllocateAt(type, 5, 2, 66, 2, headDim), output = memory.AllocateAt(type, 7, 2, 70, 2, headDim);
        memory.Write(query, test.Query);
        memory.Write(key, test.Key);
        memory.Write(value, test.Value);
        device.Operations.Attention(output, query, key, value);
        Check(test, memory.Download(output), "");
    }

    [Test]
    public void No_queries_are_no_work([ValueSource(nameof(Types))] DType type)
    {
        AttentionCase test = new(type, 2, 2, 0, 33, 64);
        Assert.That(Run(test), Is.Empty);
    }

    private static Tensor Heads(Tensor tokens, int from, int width, AttentionCase test) =>
        tokens.Slice(2, from, width).Reshape(test.Batch, tokens[1], test.Heads, test.HeadDim);

    private static float[] Interleave(AttentionCase test, int width)
    {
        List<float> fused = [];
        for (int token = 0; token < test.Batch * test.Queries; token++)
        {
            fused.AddRange(test.Query.AsSpan(token * width, width));
            fused.AddRange(test.Key.AsSpan(token * width, width));
            fused.AddRange(test.Value.AsSpan(token * width, width));
        }
        return [.. fused];
    }

    private static void Check(AttentionCase test, double[] actual, string what)
    {
        double[] expected = test.Expected();
        Assert.That(actual, TensorIs.Near(expected, test.MaxNmse(expected)), what);
    }

    private double[] Run(AttentionCase test, float? scale = null)
    {
        using TestMemory memory = device.Memory();
        Tensor output = memory.Allocate(test.Type, test.Batch, test.Queries, test.Heads, test.HeadDim);
        Launch(memory, test, output, scale);
        return memory.Download(output);
    }

    private void Launch(TestMemory memory, AttentionCase test, Tensor output, float? scale = null)
    {
        long width = test.HeadDim;
        Tensor mask = test.Mask.Length == 0 ? default : memory.UploadRaw<byte>(test.Mask, DType.Bool, test.Batch, test.Keys);
        device.Operations.Attention(
            output,
            memory.Upload(test.Query, test.Type, test.Batch, test.Queries, test.Heads, width),
            memory.Upload(test.Key, test.Type, test.Batch, test.Keys, test.Heads, width),
            memory.Upload(test.Value, test.Type, test.Batch, test.Keys, test.Heads, width),
            mask,
            scale);
    }
}
