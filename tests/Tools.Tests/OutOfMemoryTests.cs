using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>Too little device memory ends a verb with its own exit code, the two sizes, and what to try.</summary>
[NonParallelizable]
public sealed class OutOfMemoryTests
{
    private const long MiB = 1 << 20;

    [TearDown]
    public void Reset() => FaultyDevice.Plan.Reset();

    [TestCase(MiB, "memory for the weights needs")]
    [TestCase(16 * MiB, "the session's pool needs")]
    public void The_tool_says_what_is_needed_and_what_is_free(long limit, string says)
    {
        using TemporaryFolder folder = new();
        FaultyDevice.Plan.MemoryLimit = limit;
        ToolResult result = Tool.Run(
            "generate", "--device", FaultyDevice.Name, "--class", "0,1,2,3,4,5,6,7", "--max-batch", "8", "--steps", "1", "--output", folder["a.png"]);
        Assert.That(result.Code, Is.EqualTo(ExitCode.OutOfMemory), result.Error);
        Assert.That(result.Error, Does.Contain(says).And.Contain(" free").And.Contain("--dtype bf16").And.Contain("--max-batch"));
        Assert.That(folder.Names, Is.Empty);
        Assert.That(FaultyDevice.Plan.LeftToContext, Is.Empty);
    }
}
