using System.Text.RegularExpressions;
using System.Xml.Linq;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>Holds the house rules that a compiler does not know: who may refer to whom, how long a file may be, what a file may say.</summary>
public sealed partial class HouseTests
{
    private const int MaxCSharpLines = 400, MaxKernelLines = 300, MaxCSharpColumns = 150;

    /// <summary>The rooms from the ground up; a project may refer only to rooms below its own.</summary>
    private static readonly string[] Rooms = ["Native.Interop", "Caching", "Model", "ptx-emulator", "tools"];

    /// <summary>The projects that may contain unsafe code.</summary>
    private static readonly string[] UnsafeProjects = ["Native.Interop", "ptx-emulator", "PtxEmulator.Tests"];

    private static readonly string[] IgnoredFolders = ["bin", "obj", "artifacts", ".git", "TestResults"];
    private static readonly string[] KernelExtensions = [".cu", ".cuh", ".cpp", ".h"];
    private static readonly string[] TextExtensions =
        [".cs", ".csproj", ".props", ".targets", ".slnx", ".cake", ".sh", ".md", ".txt", ".json", ".py", ".yml", "", .. KernelExtensions];

    private static readonly string Root = Repository.Root;
    private static readonly string[] Files = [.. FilesBelow(Root).Order(StringComparer.Ordinal)];

    [Test]
    public void References_point_one_way()
    {
        List<string> faults = [];
        foreach (string project in Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal) && !IsBelow(file, "tests")))
        {
            foreach (string reference in Values(project, "ProjectReference", "Include"))
            {
                string referenced = Path.GetFullPath(Path.Combine(Root, Path.GetDirectoryName(project)!, reference.Replace('\\', '/')));
                bool down = RoomOf(Path.GetRelativePath(Root, referenced)) < RoomOf(project);
                if (!down) faults.Add($"{project} refers to {reference}");
            }
        }
        AssertNone(faults, $"references point one way: {string.Join(" <- ", Rooms)}");
    }

    [Test]
    public void Every_project_is_part_of_the_solution()
    {
        IEnumerable<string> listed = Values("Ditto.slnx", "Project", "Path");
        Assert.That(listed, Is.EquivalentTo(Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal))));
    }

    [Test]
    public void Unsafe_code_lives_in_few_projects()
    {
        IEnumerable<string> faults = Files
            .Where(file => Path.GetExtension(file) is ".csproj" or ".props" or ".targets")
            .Where(file => XDocument.Load(Path.Combine(Root, file)).Descendants().Any(element => element.Name.LocalName == "AllowUnsafeBlocks"))
            .Where(file => !UnsafeProjects.Contains(Path.GetFileNameWithoutExtension(file)));
        AssertNone(faults, $"AllowUnsafeBlocks stands only in {string.Join(", ", UnsafeProjects)}");
    }

    [Test]
    public void Files_are_short()
    {
        IEnumerable<string> faults = SourceLines()
            .GroupBy(line => line.File)
            .Where(lines => lines.Count() > (lines.Key.EndsWith(".cs", StringComparison.Ordinal) ? MaxCSharpLines : MaxKernelLines))
            .Select(lines => $"{lines.Key}: {lines.Count()} lines");
        AssertNone(faults, $"at most {MaxCSharpLines} lines in a C# file, {MaxKernelLines} in a kernel file; split by idea");
    }

    [Test]
    public void Lines_are_short()     // in C#: clang-format holds the kernels' limit, dotnet format holds none
    {
        IEnumerable<string> faults = TextLines([".cs"])
            .Where(line => line.Text.Length > MaxCSharpColumns)
            .Select(line => $"{line.File}:{line.Number}: {line.Text.Length} columns");
        AssertNone(faults, $"at most {MaxCSharpColumns} columns");
    }

    [Test]
    public void A_file_holds_one_public_type_of_its_own_name()
    {
        List<string> faults = [];
        foreach (string file in Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal)))
        {
            string[] types = [.. PublicType().Matches(File.ReadAllText(Path.Combine(Root, file))).Select(match => match.Groups["name"].Value)];
            string name = Path.GetFileName(file).Split('.')[0];          // Operations.Attention.cs holds a part of Operations
            if (types.Length > 1 || (types.Length == 1 && types[0] != name)) faults.Add($"{file}: {string.Join(", ", types)}");
        }
        AssertNone(faults, "one public type per file, file name = type name");
    }

    [Test]
    public void Kernel_files_open_with_their_formula_shapes_launch_traffic_and_source()
    {
        string[] expected = ["// ", "// shapes:", "// launch:", "// traffic:", "// source:"];
        List<string> faults = [];
        IEnumerable<string> kernels = Files.Where(file => file.EndsWith(".cu", StringComparison.Ordinal) && IsBelow(file, "kernels"));
        foreach (string file in kernels.Where(file => !IsBelow(file, "kernels/cpu")))
        {
            string[] comment = [.. File.ReadLines(Path.Combine(Root, file)).TakeWhile(line => line.StartsWith("//", StringComparison.Ordinal))];
            foreach (string start in expected)
                if (!Array.Exists(comment, line => line.StartsWith(start, StringComparison.Ordinal))) faults.Add($"{file}: no line '{start}...'");
        }
        AssertNone(faults, "a kernel file opens with what a reader has to know");
    }

    [Test]
    public void No_file_names_a_place_of_one_machine()
    {
        IEnumerable<string> faults = TextLines(TextExtensions)
            .Where(line => MachinePath().IsMatch(line.Text))
            .Select(line => $"{line.File}:{line.Number}: {line.Text.Trim()}");
        AssertNone(faults, "a checkout may lie anywhere: use paths relative to the repository, Path.GetTempPath, mktemp");
    }

    [Test]
    public void Nothing_is_left_for_later()
    {
        IEnumerable<string> faults = SourceLines()
            .Where(line => Unfinished().IsMatch(line.Text))
            .Select(line => $"{line.File}:{line.Number}: {line.Text.Trim()}");
        AssertNone(faults, "unfinished work does not enter the tree");
    }

    // Both patterns are written so that they do not match themselves.
    [GeneratedRegex(@"(?<![\w.}-])/(?:work|tmp|home|root)/")]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"\b(?:TO[D]O|FIX[M]E|X[X]X|NotImplemented[E]xception)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(
        @"^public (?:(?:static|sealed|abstract|partial|readonly|ref|unsafe) )*" +
        @"(?:(?:class|record struct|record|struct|interface|enum) (?<name>\w+)|delegate [^(]*?(?<name>\w+)(?:<[^(]*>)?\()",
        RegexOptions.Multiline)]
    private static partial Regex PublicType();

    private static void AssertNone(IEnumerable<string> faults, string rule)
    {
        string[] all = [.. faults];
        Assert.That(all.Length, Is.Zero, $"{rule}:\n{string.Join('\n', all)}");
    }

    private static IEnumerable<(string File, int Number, string Text)> SourceLines() => TextLines([".cs", .. KernelExtensions]);

    private static IEnumerable<(string File, int Number, string Text)> TextLines(string[] extensions) =>
        Files.Where(file => extensions.Contains(Path.GetExtension(file)))
            .SelectMany(file => File.ReadLines(Path.Combine(Root, file)).Select((text, index) => (file, index + 1, text)));

    private static IEnumerable<string> Values(string project, string element, string attribute) =>
        XDocument.Load(Path.Combine(Root, project)).Descendants(element).Select(item => item.Attribute(attribute)!.Value);

    private static bool IsBelow(string file, string folder) => file.StartsWith(folder + "/", StringComparison.Ordinal);

    private static int RoomOf(string project)
    {
        int index = Array.IndexOf(Rooms, Path.GetFileNameWithoutExtension(project));
        if (index < 0 && IsBelow(project, "tools")) index = Rooms.Length - 1;
        Assert.That(index, Is.Not.Negative, $"{project} belongs to none of the rooms {string.Join(", ", Rooms)}");
        return index;
    }

    /// <summary>Files of the tree as paths relative to its root with forward slashes; what builds write is left out.</summary>
    private static IEnumerable<string> FilesBelow(string folder) =>
        Directory.EnumerateFiles(folder).Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Concat(Directory.EnumerateDirectories(folder).Where(inner => !IgnoredFolders.Contains(Path.GetFileName(inner))).SelectMany(FilesBelow));
}
