using Ditto.Emulation.Counting;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Counting;

/// <summary>The second-level cache on traces whose reuse is known.</summary>
public sealed class L2ModelTests
{
    private const int Kibi = 1024;

    [Test]
    public void What_fits_comes_from_dram_once()
    {
        L2Model cache = Play(256 * Kibi, 1, Sweep(0, 2048, false), Sweep(0, 2048, false), Sweep(0, 2048, false));
        Assert.That((cache.Sectors, cache.Reads, cache.Writes), Is.EqualTo((6144L, 2048L, 0L)));
    }

    [Test]
    public void What_is_swept_again_and_again_and_does_not_fit_comes_every_time()       // the least recently used sector is the one needed next
    {
        L2Model cache = Play(64 * Kibi, 1, Sweep(0, 16384, false), Sweep(0, 16384, false));
        Assert.That(cache.Reads, Is.EqualTo(2L * 16384));
    }

    [Test]
    public void Reuse_at_once_hits_however_large_the_whole_is()
    {
        ulong[][] blocks = [.. Enumerable.Range(0, 64).SelectMany(n => new[] { Sweep(n * 1024, 1024, false), Sweep(n * 1024, 1024, false) })];
        Assert.That(Play(256 * Kibi, 2, blocks).Reads, Is.EqualTo(64L * 1024));
    }

    [Test]
    public void Sectors_that_are_written_go_to_dram_once_they_leave_and_are_not_read_first()
    {
        L2Model cache = Play(64 * Kibi, 1, Sweep(0, 8192, true), Sweep(0, 8192, false));
        Assert.That((cache.Reads, cache.Writes), Is.EqualTo((8192L, 8192L)));
        cache = Play(1024 * Kibi, 1, Sweep(0, 8192, true), Sweep(0, 8192, false), Sweep(0, 8192, true));
        Assert.That((cache.Reads, cache.Writes), Is.EqualTo((0L, 8192L)));
    }

    [Test]
    public void Blocks_of_a_wave_share_what_they_stream_together()       // each sweeps four times what fits, side by side, or one behind the other
    {
        ulong[][] blocks = [Sweep(0, 8192, false), Sweep(0, 8192, false)];
        Assert.That(Play(64 * Kibi, 2, blocks).Reads, Is.EqualTo(8192));
        Assert.That(Play(64 * Kibi, 1, blocks).Reads, Is.EqualTo(2L * 8192));
    }

    [Test]
    public void Every_launch_begins_with_an_empty_cache_and_blocks_end_in_any_order()
    {
        L2Model cache = new(256 * Kibi);
        for (int launch = 0; launch < 2; launch++)
        {
            cache.Begin(3, 2);
            foreach (int block in new[] { 2, 0, 1 }) cache.Add(block, Sweep(block * 100, 100, block == 1));
            cache.End();
            Assert.That((cache.Sectors, cache.Reads, cache.Writes), Is.EqualTo((300L, 200L, 100L)));
        }
    }

    [Test]
    public void A_block_asks_once_for_what_its_first_level_cache_holds()
    {
        SectorTrace trace = new();
        for (int pass = 0; pass < 3; pass++)
            for (ulong sector = 0; sector < 4096; sector++) trace.Note(sector, isWrite: false);
        Assert.That(Length(trace.Take()), Is.EqualTo(4096));
        for (int pass = 0; pass < 2; pass++)
            for (ulong sector = 0; sector < 8192; sector++) trace.Note(sector, isWrite: false);
        Assert.That(Length(trace.Take()), Is.EqualTo(2 * 8192));
        trace.Note(7, isWrite: false);
        trace.Note(7, isWrite: true);
        trace.Note(7, isWrite: true);
        trace.Note(7, isWrite: false);
        Assert.That(trace.Take().Select(SectorTrace.Unpack), Is.EqualTo(new[] { (7ul, 1, false), (7ul, 1, true) }));
    }

    private static ulong[] Sweep(int first, int count, bool isWrite)
    {
        SectorTrace trace = new();
        for (int i = 0; i < count; i++) trace.Note((ulong)(first + i), isWrite);
        return trace.Take();
    }

    private static long Length(IEnumerable<ulong> runs) => runs.Sum(run => (long)SectorTrace.Unpack(run).Length);

    private static L2Model Play(int bytes, int blocksPerWave, params ulong[][] blocks)
    {
        L2Model cache = new(bytes);
        cache.Begin(blocks.Length, blocksPerWave);
        for (int block = 0; block < blocks.Length; block++) cache.Add(block, blocks[block]);
        cache.End();
        return cache;
    }
}
