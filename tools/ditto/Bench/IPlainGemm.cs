namespace Ditto.CommandLine;

/// <summary>An f32 product of one shape with nothing fused into it, and its operands.</summary>
internal interface IPlainGemm : IDisposable
{
    /// <summary>Who computes it: ditto, or the name of another library.</summary>
    string Library { get; }

    GemmShape Shape { get; }

    /// <summary>Seconds of one product, over so many run one after another.</summary>
    double Time(int runs);
}
