using Ditto.Emulation.Checks;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Counting;

/// <summary>Passes over the 32 banks of shared memory, 4 bytes wide each, that one request of a warp takes.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class BankTests
{
    // Words between the lanes' places; bytes of an access; passes, those without conflicts, and the most words of one bank.
    [TestCase(0, 4, 1, 1, 1)]                                  // all lanes the same word
    [TestCase(1, 4, 1, 1, 1)]
    [TestCase(2, 4, 2, 1, 2)]
    [TestCase(3, 4, 1, 1, 1)]
    [TestCase(8, 4, 8, 1, 8)]
    [TestCase(32, 4, 32, 1, 32)]
    [TestCase(33, 4, 1, 1, 1)]
    [TestCase(2, 8, 2, 2, 1)]                                  // 16 lanes a pass
    [TestCase(4, 8, 4, 2, 2)]
    [TestCase(4, 16, 4, 4, 1)]                                 // 8 lanes a pass
    [TestCase(8, 16, 8, 4, 2)]
    [TestCase(32, 16, 32, 4, 8)]
    [TestCase(36, 16, 4, 4, 1)]
    public void A_request_takes_as_many_passes_as_its_worst_bank_has_words(int stride, int bytes, int passes, int ideal, int worst)
    {
        string width = bytes == 4 ? "u32 %x0" : bytes == 8 ? "v2.u32 {%x0, %x1}" : "v4.u32 {%x0, %x1, %x2, %x3}";
        string kernel = $"""
            .reg .b32 %r<4>; .reg .b32 %x<4>; .shared .align 16 .b8 tile[8192];
            mov.u32 %r0, %tid.x; mul.lo.u32 %r1, %r0, {4 * stride}; mov.u32 %r2, tile; add.u32 %r1, %r1, %r2;
            ld.shared.{width}, [%r1];
            """;
        using PtxRun run = new(PtxRun.Kernel("", kernel), checks: new CheckOptions(Unwritten: false), counts: true);
        run.Launch("k", 1, 32);
        Assert.That((run.Counts.SharedPasses, run.Counts.IdealPasses, run.Counts.WorstConflict), Is.EqualTo((passes, ideal, worst)));
    }
}
