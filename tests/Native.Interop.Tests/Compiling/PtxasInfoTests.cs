using NUnit.Framework;

namespace Ditto.Interop.Tests;

/// <summary>Reading ptxas' log.</summary>
public sealed class PtxasInfoTests
{
    private const string Log = """
        ptxas info    : 24 bytes gmem, 8 bytes cmem[4]
        ptxas info    : Compiling entry function 'big' for 'sm_80'
        ptxas info    : Function properties for big
        ptxas         .     16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
        ptxas info    : Used 45 registers, used 1 barriers, 1200 bytes smem, 372 bytes cmem[0]
        ptxas info    : Compile time = 22.643 ms
        ptxas info    : Compiling entry function '_Z5smallv' for 'sm_90'
        ptxas info    : Function properties for _Z5smallv
        ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
        ptxas info    : Used 8 registers
        """;

    [Test]
    public void Every_function_is_read()
    {
        IReadOnlyList<PtxasInfo> infos = PtxasInfo.Parse(Log);
        Assert.That(infos, Is.EqualTo(new[]
        {
            new PtxasInfo("big", "sm_80", 45, 1200, 16, 8, 12, 1),
            new PtxasInfo("_Z5smallv", "sm_90", 8, 0, 0, 0, 0, 0),
        }));
    }

    [Test]
    public void A_log_without_functions_is_empty() => Assert.That(PtxasInfo.Parse("warning: nothing here"), Is.Empty);
}
