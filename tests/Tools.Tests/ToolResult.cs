namespace Ditto.CommandLine.Tests;

/// <summary>What a run of the command line left behind.</summary>
/// <param name="Code">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record ToolResult(int Code, string Output, string Error);
