using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Views: lengths, strides, slices and reshapes.</summary>
public sealed class TensorTests
{
    private const nint Address = 0x1000;

    [Test]
    public void A_contiguous_tensor_has_row_major_strides()
    {
        Tensor tensor = Tensor.FromDevicePointer(Address, DType.BF16, 2, 3, 5);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(tensor.Strides.ToArray(), Is.EqualTo(new long[] { 15, 5, 1 }));
            Assert.That(tensor.ElementCount, Is.EqualTo(30));
            Assert.That(tensor.ByteCount, Is.EqualTo(60));
            Assert.That(tensor.IsContiguous, Is.True);
            Assert.That(tensor[^1], Is.EqualTo(5));
            Assert.That(tensor.ToString(), Is.EqualTo("bf16 [2, 3, 5]"));
        }
    }

    [Test]
    public void The_default_is_absent()
    {
        Tensor absent = default;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(absent.IsNull, Is.True);
            Assert.That(absent.ElementCount, Is.Zero);
            Assert.That(absent.ToString(), Is.EqualTo("absent"));
        }
    }

    [Test]
    public void A_slice_moves_the_pointer_and_keeps_the_strides()
    {
        Tensor slice = Tensor.FromDevicePointer(Address, DType.F32, 4, 6).Slice(1, 2, 3).Slice(0, 1, 2);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(slice.Pointer, Is.EqualTo((nuint)(Address + ((6 + 2) * 4))));
            Assert.That(slice.Shape.ToArray(), Is.EqualTo(new long[] { 2, 3 }));
            Assert.That(slice.Strides.ToArray(), Is.EqualTo(new long[] { 6, 1 }));
            Assert.That(slice.IsContiguous, Is.False);
        }
    }

    [Test]
    public void One_third_of_a_fused_projection_splits_into_heads()
    {
        Tensor qkv = Tensor.FromDevicePointer(Address, DType.F32, 2, 7, 3 * 4 * 8);
        Tensor key = qkv.Slice(2, 32, 32).Reshape(2, 7, 4, 8);
        Assert.That(key.Strides.ToArray(), Is.EqualTo(new long[] { 7 * 96, 96, 8, 1 }));
        Assert.That(key.Pointer, Is.EqualTo((nuint)(Address + (32 * 4))));
    }

    [Test]
    public void An_open_length_is_worked_out()
    {
        Tensor tensor = Tensor.FromDevicePointer(Address, DType.F32, 2, 3, 4);
        Assert.That(tensor.Reshape(-1, 4).Shape.ToArray(), Is.EqualTo(new long[] { 6, 4 }));
        Assert.That(() => tensor.Reshape(-1, -1), Throws.ArgumentException);
        Assert.That(() => tensor.Reshape(-1, 5), Throws.ArgumentException);
    }

    [Test]
    public void A_reshape_that_needs_a_copy_is_refused_with_both_shapes()
    {
        Tensor slice = Tensor.FromDevicePointer(Address, DType.F32, 4, 6).Slice(1, 0, 3);
        Assert.That(() => slice.Reshape(12), Throws.ArgumentException.With.Message.Contains("f32 [4, 3]").And.Message.Contains("[12]"));
    }

    [Test]
    public void A_column_of_a_wide_matrix_is_no_vector()
    {
        Tensor column = Tensor.FromDevicePointer(Address, DType.F32, 4, 6).Slice(1, 0, 1);
        Assert.That(() => column.Reshape(4), Throws.ArgumentException);
        Assert.That(column.Reshape(2, 2, 1).Strides.ToArray(), Is.EqualTo(new long[] { 12, 6, 1 }));
    }

    [Test]
    public void Every_reshape_of_random_views_addresses_the_same_elements()
    {
        Random random = new(7);
        for (int trial = 0; trial < 500; trial++)
        {
            long[] shape = [random.Next(1, 4), random.Next(1, 4), random.Next(1, 5), random.Next(1, 5)];
            Tensor tensor = Tensor.FromDevicePointer(Address, DType.U8, shape);
            for (int dim = 0; dim < 4; dim++)
            {
                long length = random.Next(1, (int)shape[dim] + 1);
                tensor = tensor.Slice(dim, random.Next(0, (int)(shape[dim] - length) + 1), length);
            }
            long[] wanted = [tensor[0] * tensor[1], tensor[2], tensor[3]];
            if (random.Next(2) == 0) wanted = [tensor[0], tensor[1] * tensor[2] * tensor[3]];
            Tensor reshaped;
            try
            {
                reshaped = tensor.Reshape(wanted);
            }
            catch (ArgumentException)
            {
                continue;                                        // needs a copy
            }
            Assert.That(Addresses(reshaped), Is.EqualTo(Addresses(tensor)));
        }
    }

    [Test]
    public void Bad_arguments_are_refused()
    {
        Tensor tensor = Tensor.FromDevicePointer(Address, DType.F32, 4, 6);
        Assert.That(() => Tensor.FromDevicePointer(0, DType.F32, 4), Throws.ArgumentException);
        Assert.That(() => Tensor.FromDevicePointer(Address, DType.F32, -1), Throws.ArgumentException);
        Assert.That(() => Tensor.FromDevicePointer(Address, DType.F32, 1, 1, 1, 1, 1, 1), Throws.ArgumentException);
        Assert.That(() => Tensor.FromDevicePointer(Address, DType.F32, [2, 2], [1, 2]), Throws.ArgumentException);
        Assert.That(() => tensor.Slice(0, 3, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => tensor.Slice(2, 0, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static List<long> Addresses(Tensor tensor)
    {
        List<long> addresses = [];
        if (tensor.Rank == 0) addresses.Add((long)tensor.Pointer);
        else for (long i = 0; i < tensor[0]; i++) addresses.AddRange(Addresses(tensor.Select(i)));
        return addresses;
    }
}
