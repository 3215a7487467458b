using Ditto.Emulation.Syntax;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Syntax;

/// <summary>Real PTX: the reference files, of both of NVRTC's code generators.</summary>
public sealed class SampleTests
{
    private static IEnumerable<string> Files => Directory.EnumerateFiles(Repository.Reference("ptx"), "*.ptx").Select(Path.GetFileName).Order()!;

    [TestCaseSource(nameof(Files))]
    public void A_sample_is_read_whole(string file)
    {
        string text = File.ReadAllText(Repository.Reference($"ptx/{file}"));
        PtxModule module = PtxParser.Parse(text);
        PtxInstruction[] instructions = [.. Walk.Instructions(module)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(module.Version, Is.EqualTo("8.8"));
            Assert.That(file, Does.EndWith($".{module.Target}.ptx"));
            Assert.That(module.Functions.Count(function => function.IsEntry), Is.EqualTo(Lines(text, ".entry ")));
            Assert.That(module.Functions.Count(function => function.Body is not null), Is.EqualTo(Walk.Count(text, "\n{\n")));
            Assert.That(instructions.Count(instruction => instruction.Guard is not null), Is.EqualTo(Walk.Count(text, "@")));
            Assert.That(instructions.Count(instruction => instruction.Opcode == "ret"), Is.EqualTo(Walk.Count(text, "\tret;")));
        }
    }

    private static int Lines(string text, string part) => text.Split('\n').Count(line => line.Contains(part, StringComparison.Ordinal));
}
