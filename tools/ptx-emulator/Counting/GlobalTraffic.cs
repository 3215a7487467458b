namespace Ditto.Emulation.Counting;

/// <summary>What warps ask of device memory in one direction.</summary>
/// <param name="Requests">Instructions of a warp.</param>
/// <param name="Sectors">32-byte sectors that they touch, counted for each request.</param>
/// <param name="IdealSectors">Sectors that the distinct bytes of each request would fill side by side.</param>
public readonly record struct GlobalTraffic(long Requests, long Sectors, long IdealSectors)
{
    /// <summary>Both together.</summary>
    public static GlobalTraffic operator +(GlobalTraffic a, GlobalTraffic b) =>
        new(a.Requests + b.Requests, a.Sectors + b.Sectors, a.IdealSectors + b.IdealSectors);

    /// <summary>Sectors of a request; 0 where there is none.</summary>
    public double SectorsPerRequest => Requests == 0 ? 0 : (double)Sectors / Requests;

    /// <summary>Sectors over ideal ones, at least 1; 1 where there is none.</summary>
    public double Ratio => IdealSectors == 0 ? 1 : (double)Sectors / IdealSectors;
}
