using Ditto.Emulation.Counting;

namespace Ditto.CommandLine;

/// <summary>One case on an emulated GPU: what it counted, and what that means for the GPU. Times are modelled.</summary>
/// <param name="Case">The case.</param>
/// <param name="Report">What the launch counted.</param>
/// <param name="Bytes">Bytes of the operands, each once.</param>
/// <param name="Flops">Operations that the case has to do; 0 where memory is the limit.</param>
internal sealed record EmulatedKernel(KernelCase Case, LaunchReport Report, long Bytes, long Flops)
{
    /// <summary>The modelled time of the launch.</summary>
    public ModelledTime Time { get; } = Roofline.Model(Report);

    /// <summary>The least modelled time that the operands and operations allow, and what sets it.</summary>
    public (double Seconds, string Resource) Roof { get; } = Roofline.Roof(Report, Bytes, Flops);

    /// <summary>The roof over the modelled time, 0 to 1.</summary>
    public double FractionOfRoof => Time.Seconds > 0 ? Roof.Seconds / Time.Seconds : 0;

    /// <summary>What it counted.</summary>
    public LaunchCounts Counts => Report.Counts;
}
