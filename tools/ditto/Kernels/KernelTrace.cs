using Ditto.Emulation.Driver;
using Ditto.Interop;

namespace Ditto.CommandLine;

/// <summary>Runs cases on a reference device and on an emulated GPU, and finds the first value that is wrong and who wrote it.</summary>
internal sealed class KernelTrace : IDisposable
{
    private readonly Device reference, emulated;
    private readonly DeviceStream referenceStream, emulatedStream;
    private readonly Operations referenceOperations, emulatedOperations;
    private readonly WriteTrace writes;

    /// <summary>Opens the emulated device and begins to trace it.</summary>
    /// <param name="reference">What is right; the caller keeps it.</param>
    /// <param name="architecture">For example <c>sm_90</c>.</param>
    /// <exception cref="DeviceException">There is no compiler.</exception>
    public KernelTrace(Device reference, string architecture)
    {
        this.reference = reference;
        EmulatedBackend.Register();
        emulated = Device.Open($"emulated:{architecture}");
        (referenceStream, emulatedStream) = (reference.CreateStream(), emulated.CreateStream());
        (referenceOperations, emulatedOperations) = (reference.CreateOperations(referenceStream), emulated.CreateOperations(emulatedStream));
        writes = EmulatedBackend.TraceWrites(architecture);
    }

    /// <summary>The first wrong value of a case: of its outputs in their order, in the order of the elements; null where all are right.</summary>
    /// <exception cref="DeviceException">A device refused, or the kernel broke a rule on the emulated GPU.</exception>
    public WrongValue? Run(KernelCase one)
    {
        using CaseMemory expected = new(reference, referenceStream, one), found = new(emulated, emulatedStream, one);
        one.Launch(referenceOperations, name => expected[name]);
        one.Launch(emulatedOperations, name => found[name]);
        foreach (CaseTensor output in one.Outputs)
        {
            TensorComparison comparison = new(output.Type, expected.Read(output.Name));
            if (Compare(output, comparison, found) is { } wrong) return wrong;
        }
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        writes.Dispose();
        referenceOperations.Dispose();
        emulatedOperations.Dispose();
        referenceStream.Dispose();
        emulatedStream.Dispose();
        emulated.Dispose();
    }

    private WrongValue? Compare(CaseTensor output, TensorComparison comparison, CaseMemory found)
    {
        float[] values = comparison.Read(found.Read(output.Name));
        long first = -1, wrong = 0;
        for (long i = 0; i < values.Length; i++)
        {
            if (comparison.Accepts(i, values[i])) continue;
            if (wrong++ == 0) first = i;
        }
        if (wrong == 0) return null;
        nuint address = found[output.Name].Pointer + (nuint)(first * output.Type.ByteSize());
        return new WrongValue(
            output.Name, Place(first, output.Shape), comparison.Expected(first), values[first], comparison.Allowed(first), wrong, values.Length,
            writes.Find(address));
    }

    private static long[] Place(long element, long[] shape)
    {
        long[] index = new long[shape.Length];
        for (int d = shape.Length - 1; d >= 0; d--) (element, index[d]) = Math.DivRem(element, shape[d]);
        return index;
    }
}
