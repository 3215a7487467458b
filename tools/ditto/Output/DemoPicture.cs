using Ditto.Pipelines;

namespace Ditto.CommandLine;

/// <summary>A picture of the demo and the run that made it.</summary>
/// <param name="File">The PNG file.</param>
/// <param name="Result">The run.</param>
internal sealed record DemoPicture(string File, GenerationResult Result);
