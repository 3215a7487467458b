using Ditto.Emulation.Decoding;

namespace Ditto.Emulation.Execution;

/// <summary>Special registers that are fixed for a thread: kept as rows of the register file and set when a block starts.</summary>
internal static unsafe class SpecialRegisters
{
    /// <summary>Those that a row can stand for.</summary>
    public static bool IsRow(string name) => name switch
    {
        "%tid.x" or "%tid.y" or "%tid.z" or "%ntid.x" or "%ntid.y" or "%ntid.z" => true,
        "%ctaid.x" or "%ctaid.y" or "%ctaid.z" or "%nctaid.x" or "%nctaid.y" or "%nctaid.z" => true,
        "%laneid" or "%warpid" or "%nwarpid" or "%smid" or "%nsmid" or "%gridid" => true,
        "%lanemask_eq" or "%lanemask_le" or "%lanemask_lt" or "%lanemask_ge" or "%lanemask_gt" => true,
        "%dynamic_smem_size" or "%total_smem_size" or "%aggr_smem_size" => true,
        "%clusterid.x" or "%clusterid.y" or "%clusterid.z" or "%nclusterid.x" or "%nclusterid.y" or "%nclusterid.z" => true,
        "%cluster_ctaid.x" or "%cluster_ctaid.y" or "%cluster_ctaid.z" or "%cluster_ctarank" or "%is_explicit_cluster" => true,
        "%cluster_nctaid.x" or "%cluster_nctaid.y" or "%cluster_nctaid.z" or "%cluster_nctarank" => true,
        _ => false,
    };

    /// <summary>Sets all rows of a frame for a warp of a block.</summary>
    public static void Set(Frame frame, ThreadBlock block, int warp)
    {
        foreach (SpecialRow row in frame.Code.Specials) Set(frame, row, block, warp);
    }

    /// <summary>Sets the rows that differ between blocks; the others stay from block to block.</summary>
    public static void SetForBlock(Frame frame, ThreadBlock block, int warp)
    {
        foreach (SpecialRow row in frame.Code.Specials)
            if (row.Name.StartsWith("%ctaid", StringComparison.Ordinal) || row.Name.StartsWith("%clusterid", StringComparison.Ordinal))
                Set(frame, row, block, warp);
    }

    private static void Set(Frame frame, SpecialRow row, ThreadBlock block, int warp)
    {
        byte* place = frame.Registers + row.Offset;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            ulong value = Value(row.Name, block, warp, lane);
            if (row.IsWide) ((ulong*)place)[lane] = value;
            else ((uint*)place)[lane] = (uint)value;
        }
    }

    private static ulong Value(string name, ThreadBlock block, int warp, int lane)
    {
        Dim3 size = block.Launch.Block, grid = block.Launch.Grid, index = block.Index;
        int thread = (warp * Lanes.Count) + lane;
        uint equal = 1u << lane;
        long value = name switch
        {
            "%tid.x" => thread % size.X,
            "%tid.y" => thread / size.X % size.Y,
            "%tid.z" => thread / (size.X * size.Y),
            "%ntid.x" => size.X,
            "%ntid.y" => size.Y,
            "%ntid.z" => size.Z,
            "%ctaid.x" or "%clusterid.x" => index.X,
            "%ctaid.y" or "%clusterid.y" => index.Y,
            "%ctaid.z" or "%clusterid.z" => index.Z,
            "%nctaid.x" or "%nclusterid.x" => grid.X,
            "%nctaid.y" or "%nclusterid.y" => grid.Y,
            "%nctaid.z" or "%nclusterid.z" => grid.Z,
            "%laneid" => lane,
            "%warpid" => warp,
            "%nwarpid" => block.Warps.Count,
            "%nsmid" => 1,
            "%gridid" => 1,
            "%lanemask_eq" => equal,
            "%lanemask_lt" => equal - 1,
            "%lanemask_le" => (equal - 1) | equal,
            "%lanemask_ge" => ~(equal - 1),
            "%lanemask_gt" => ~((equal - 1) | equal),
            "%dynamic_smem_size" => block.Launch.DynamicSharedBytes,
            "%total_smem_size" or "%aggr_smem_size" => block.Shared.Bytes,
            "%cluster_nctaid.x" or "%cluster_nctaid.y" or "%cluster_nctaid.z" or "%cluster_nctarank" => 1,
            _ => 0,                                      // one block a cluster, one multiprocessor
        };
        return (ulong)value;
    }
}
