namespace Ditto.Interop;

/// <content>Activations and conversions: element by element.</content>
public sealed unsafe partial class Operations
{
    /// <summary>y = 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), diffusers' gelu-approximate. Source: arXiv:1606.08415.</summary>
    /// <param name="y">f32, bf16 or f16, contiguous. May be x itself.</param>
    /// <param name="x">As y.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or a tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void GeluTanh(Tensor y, Tensor x) => Activate(KernelCatalog.GeluTanh, y, x);

    /// <summary>y = 0.5 x (1 + erf(x / sqrt 2)), diffusers' gelu. Source: arXiv:1606.08415.</summary>
    /// <param name="y">f32, bf16 or f16, contiguous. May be x itself.</param>
    /// <param name="x">As y.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or a tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void GeluErf(Tensor y, Tensor x) => Activate(KernelCatalog.GeluErf, y, x);

    /// <summary>y = x / (1 + exp(-1.702 x)). Source: arXiv:1606.08415, as in CLIP.</summary>
    /// <param name="y">f32, bf16 or f16, contiguous. May be x itself.</param>
    /// <param name="x">As y.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or a tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void QuickGelu(Tensor y, Tensor x) => Activate(KernelCatalog.QuickGelu, y, x);

    /// <summary>y = x / (1 + exp(-x)). Source: arXiv:1702.03118.</summary>
    /// <param name="y">f32, bf16 or f16, contiguous. May be x itself.</param>
    /// <param name="x">As y.</param>
    /// <exception cref="ArgumentException">Shapes or types differ, or a tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Silu(Tensor y, Tensor x) => Activate(KernelCatalog.Silu, y, x);

    /// <summary>y = x in y's type, rounded to nearest even; what is beyond the range of y's type becomes infinite.</summary>
    /// <param name="y">f32, bf16 or f16, contiguous. Must not overlap x.</param>
    /// <param name="x">f32, bf16 or f16, contiguous, the shape of y.</param>
    /// <exception cref="ArgumentException">Shapes differ, a type has no conversion, or a tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Convert(Tensor y, Tensor x)
    {
        const string name = "convert";
        ShapeCheck.Contiguous(name, "y", y);
        ShapeCheck.Contiguous(name, "x", x);
        ShapeCheck.SameShape(name, "y", y, "x", x);
        KernelEntry entry = KernelCatalog.ConvertFor(y.DType, x.DType);
        long count = x.ElementCount;
        if (count == 0) return;
        Trace?.Declare(OperationKind.Kernel, y.ByteCount + x.ByteCount);
        Launch(Device.Kernels.Get(entry), SpanGeometry(SpanCount(count), y.DType), y, x, count);
    }

    private void Activate(KernelFamily family, in Tensor y, in Tensor x)
    {
        CheckAlike(family.Name, "y", y, "x", x);
        ShapeCheck.Contiguous(family.Name, "y", y);
        ShapeCheck.Contiguous(family.Name, "x", x);
        KernelEntry entry = family[x.DType];
        long count = x.ElementCount;
        if (count == 0) return;
        Trace?.Declare(OperationKind.Kernel, y.ByteCount + x.ByteCount);
        Launch(Device.Kernels.Get(entry), SpanGeometry(SpanCount(count), x.DType), y, x, count);
    }
}
