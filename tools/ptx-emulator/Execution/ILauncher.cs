namespace Ditto.Emulation.Execution;

/// <summary>Runs kernels.</summary>
internal interface ILauncher
{
    /// <summary>Runs a kernel to its end.</summary>
    /// <exception cref="Checks.EmulationException">The kernel broke a rule; memory may be half-written.</exception>
    void Launch(KernelLaunch launch);
}
