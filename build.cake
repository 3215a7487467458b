// The build. Started by build.sh, which has seen to the tools:
// ./build.sh --target=Build|Demo|Test|Check|Format|Tidy|Sanitize|Bench|Pack|Native
// What is up to date is skipped: a fingerprint (paths, lengths and times of all inputs) of the last good build lies in artifacts/stamps.
using System.Security.Cryptography;
using System.Xml.Linq;

string target = Argument("target", "Build");
const string Configuration = "Release";
string root = Context.Environment.WorkingDirectory.FullPath;
string At(params string[] parts) => System.IO.Path.Combine(parts.Prepend(root).ToArray());

string nativeFolder = At("artifacts", "cmake");
string nativeLibrary = At("artifacts", "native", "libditto_cpu.so");
string launcher = At("artifacts", "bin", "ditto");
string resultsFolder = At("artifacts", "test-results");
string toolAssembly = At("tools", "ditto", "bin", Configuration, "net10.0", "ditto.dll");
string[] testProjects = System.IO.Directory.GetFiles(At("tests"), "*.Tests.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
string[] packageProjects = System.IO.Directory.GetFiles(At("src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray();
string[] managedInputs = ["src", "tools", "tests", "kernels", "Directory.Build.props", ".editorconfig", "Ditto.slnx"];

string[] nullabilityWarnings = ["CS8600", "CS8602", "CS8604", "CS8618", "CS8625", "CS8629"];

string testSummary = null;     // "N passed, N failed, N skipped" once tests have run; the last line of the output
bool testsFailed = false;

// ---- helpers ----

/// Plain text to standard output: in order with what the programs print, and the same in a log file as on a terminal.
void Say(string text) => Console.Out.WriteLine(text);

/// Runs a program with the output going straight to the terminal, and fails with its name and exit code.
void Run(string program, params string[] arguments)
{
    int code = Start(program, arguments);
    if (code != 0) throw new CakeException($"{program} {string.Join(' ', arguments)}: exit code {code}");
}

int Start(string program, params string[] arguments)
{
    ProcessArgumentBuilder builder = new();
    foreach (string argument in arguments) builder.AppendQuoted(argument);
    return StartProcess(program, new ProcessSettings { Arguments = builder, WorkingDirectory = root, Silent = true });
}

/// The first line that a program prints.
string AnswerOf(string program, params string[] arguments)
{
    ProcessArgumentBuilder builder = new();
    foreach (string argument in arguments) builder.AppendQuoted(argument);
    ProcessSettings settings = new() { Arguments = builder, RedirectStandardOutput = true, Silent = true };
    int code = StartProcess(program, settings, out IEnumerable<string> lines);
    return code == 0 ? lines.First() : throw new CakeException($"{program} {string.Join(' ', arguments)}: exit code {code}");
}

IEnumerable<string> FilesBelow(string folder) =>
    System.IO.Directory.EnumerateFiles(folder)
        .Concat(System.IO.Directory.EnumerateDirectories(folder)
            .Where(inner => System.IO.Path.GetFileName(inner) is not ("bin" or "obj" or "TestResults" or "__pycache__"))
            .SelectMany(FilesBelow));

string Fingerprint(IEnumerable<string> paths)
{
    IEnumerable<string> files = paths.SelectMany(path => System.IO.Directory.Exists(At(path)) ? FilesBelow(At(path)) : new[] { At(path) });
    StringBuilder text = new();
    foreach (System.IO.FileInfo file in files.Order(StringComparer.Ordinal).Select(path => new System.IO.FileInfo(path)).Where(file => file.Exists))
        text.Append(file.FullName).Append('|').Append(file.Length).Append('|').Append(file.LastWriteTimeUtc.Ticks).Append('\n');
    return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
}

/// Does the work unless its inputs are those of the last good run and its outputs are still there.
void UnlessUpToDate(string name, Func<string> fingerprint, IEnumerable<string> outputs, Action work)
{
    string stamp = At("artifacts", "stamps", name);
    string before = fingerprint();
    if (System.IO.File.Exists(stamp) && System.IO.File.ReadAllText(stamp) == before && outputs.All(System.IO.File.Exists))
    {
        Say($"{name} is up to date");
        return;
    }
    if (System.IO.File.Exists(stamp)) System.IO.File.Delete(stamp);
    work();
    System.IO.Directory.CreateDirectory(At("artifacts", "stamps"));
    System.IO.File.WriteAllText(stamp, fingerprint());
}

string OutputOf(string project) =>
    At(System.IO.Path.GetDirectoryName(project), "bin", Configuration, "net10.0", $"Ditto.{System.IO.Path.GetFileNameWithoutExtension(project)}.dll");

string[] KernelSources() => FilesBelow(At("kernels"))
    .Where(path => System.IO.Path.GetExtension(path) is ".cu" or ".cuh" or ".cpp" or ".h").Order(StringComparer.Ordinal).ToArray();

// ---- building ----

Task("Native")
    .Description("Builds the CPU device, artifacts/native/libditto_cpu.so, from kernels/.")
    .Does(() => UnlessUpToDate("Native", () => Fingerprint(["kernels"]), [nativeLibrary], () =>
    {
        BuildNative("release", nativeFolder);
        if (!System.IO.File.Exists(nativeLibrary)) throw new CakeException($"CMake ended well but made no {nativeLibrary}");
    }));

/// Configures a preset of kernels/CMakePresets.json, whose build folder this is, and builds it.
void BuildNative(string preset, string folder)
{
    ConfigureNative(preset, folder);
    Run("cmake", "--build", folder, "--parallel", Environment.ProcessorCount.ToString());
}

void ConfigureNative(string preset, string folder)
{
    string cache = System.IO.Path.Combine(folder, "CMakeCache.txt");
    bool configured = System.IO.File.Exists(cache);
    if (configured && !System.IO.File.ReadAllLines(cache).Contains($"CMAKE_HOME_DIRECTORY:INTERNAL={At("kernels")}"))
    {
        System.IO.Directory.Delete(folder, recursive: true);     // the tree has moved, and CMake's cache holds absolute paths
        configured = false;
    }
    List<string> configure = ["-S", At("kernels"), "--preset", preset];
    if (!configured && Context.Tools.Resolve("ninja") is not null) configure.AddRange(["-G", "Ninja"]);
    Run("cmake", configure.ToArray());
}

Task("Build")
    .Description("Native, then every project of Ditto.slnx, and the launcher artifacts/bin/ditto.")
    .IsDependentOn("Native")
    .Does(() =>
    {
        string library = System.IO.Path.GetRelativePath(root, nativeLibrary);
        UnlessUpToDate("Build", () => Fingerprint([.. managedInputs, library]), [toolAssembly, .. testProjects.Select(OutputOf)],
            () => Run("dotnet", "build", At("Ditto.slnx"), "--configuration", Configuration, "--nologo", "--verbosity", "quiet"));
        WriteLauncher();
    });

void WriteLauncher()
{
    // Joined by hand: Cake gives a multi-line literal the line ends of another system.
    string script = string.Join('\n',
        "#!/bin/sh",
        "# Starts the command line as it was last built.",
        "command -v dotnet > /dev/null || PATH=${DOTNET_ROOT:-$HOME/.dotnet}:$PATH",
        "here=$(dirname -- \"$(readlink -f -- \"$0\")\")",
        $"exec dotnet \"$here/../../tools/ditto/bin/{Configuration}/net10.0/ditto.dll\" \"$@\"",
        "");
    if (System.IO.File.Exists(launcher) && System.IO.File.ReadAllText(launcher) == script) return;
    System.IO.Directory.CreateDirectory(System.IO.Path.GetDirectoryName(launcher));
    System.IO.File.WriteAllText(launcher, script);
    if (!OperatingSystem.IsWindows())
        System.IO.File.SetUnixFileMode(launcher, (UnixFileMode)Convert.ToInt32("755", 8));
}

Task("Demo")
    .Description("Build, then the embedded model makes its contact sheet in artifacts/demo.")
    .IsDependentOn("Build")
    .Does(() =>
    {
        string folder = At("artifacts", "demo");
        Run(launcher, "demo", "--output", folder);
        Say("pictures:");
        foreach (string picture in System.IO.Directory.GetFiles(folder, "*.png").Order(StringComparer.Ordinal)) Say($"  {picture}");
    });

// ---- testing ----

Task("Test")
    .Description("Build, then every test project; ends on the line 'N passed, N failed, N skipped'.")
    .IsDependentOn("Build")
    .Does(() =>
    {
        UseNeighbouringNvrtc();
        if (System.IO.Directory.Exists(resultsFolder)) System.IO.Directory.Delete(resultsFolder, recursive: true);
        Summarize(RunNativeTests(), RunManagedTests());
    });

Task("Sweep")
    .Description("Build, then what takes too long for Test: all that runs on emulated GPUs for each architecture, and every kernel read whole.")
    .IsDependentOn("Build")
    .Does(() =>
    {
        UseNeighbouringNvrtc();
        Environment.SetEnvironmentVariable("DITTO_SWEEP", "1");
        if (string.IsNullOrEmpty(EnvironmentVariable("DITTO_EMULATED")))
            Environment.SetEnvironmentVariable("DITTO_EMULATED", "sm_80,sm_86,sm_89,sm_90,sm_100,sm_120");
        Summarize(RunManagedTests("--filter", "FullyQualifiedName~emulated|TestCategory=Sweep"));
    });

void Summarize(params (int Passed, int Failed, int Skipped)[] runs)
{
    int passed = runs.Sum(run => run.Passed), failed = runs.Sum(run => run.Failed);
    testSummary = $"{passed} passed, {failed} failed, {runs.Sum(run => run.Skipped)} skipped";
    testsFailed = failed > 0 || passed == 0;
    if (passed + failed == 0) Say("no test ran");
}

/// Every test project, one after the other.
(int Passed, int Failed, int Skipped) RunManagedTests(params string[] options)
{
    int passed = 0, failed = 0, skipped = 0;
    foreach (string project in testProjects)
    {
        string name = System.IO.Path.GetFileNameWithoutExtension(project);
        string results = System.IO.Path.Combine(resultsFolder, $"{name}.trx");
        int code = Start("dotnet", ["test", project, "--no-build", "--configuration", Configuration, "--nologo", "--verbosity", "quiet",
            "--results-directory", resultsFolder, "--logger", $"trx;LogFileName={name}.trx", .. options]);
        TestResult[] all = ReadResults(results);
        int failedHere = all.Count(result => result.Outcome == "Failed");
        if (code != 0 && failedHere == 0)
        {
            Say($"{name}: the test run ended with exit code {code} and no failed test; counted as one failure");
            failedHere = 1;
        }
        passed += all.Count(result => result.Outcome == "Passed");
        failed += failedHere;
        skipped += all.Count(result => result.Outcome == "NotExecuted");
        Report(name, all);
    }
    return (passed, failed, skipped);
}

/// The CPU device's own tests: programs that call the same symbols as the managed side.
(int Passed, int Failed, int Skipped) RunNativeTests()
{
    System.IO.Directory.CreateDirectory(resultsFolder);
    string results = System.IO.Path.Combine(resultsFolder, "native.xml");
    int code = Start("ctest", "--test-dir", nativeFolder, "--output-on-failure", "--output-junit", results);
    if (!System.IO.File.Exists(results)) throw new CakeException($"ctest ended with exit code {code} and wrote no results");
    XElement suite = XDocument.Load(results).Root;
    int total = (int)suite.Attribute("tests"), failed = (int)suite.Attribute("failures"), skipped = (int)suite.Attribute("skipped");
    return (total - failed - skipped, failed, skipped);
}

/// Says what failed with its message, and what was skipped, by reason.
void Report(string project, TestResult[] results)
{
    foreach (TestResult result in results.Where(result => result.Outcome == "Failed"))
        Say($"{project}: {result.Test} failed\n{result.Message}");
    foreach (IGrouping<string, TestResult> group in results.Where(result => result.Outcome == "NotExecuted").GroupBy(result => result.Message))
        Say($"{project}: {group.Count()} skipped, for example {group.First().Test}: {group.Key}");
}

/// Tests compile kernels with the real NVRTC where a copy lies beside the checkout and nobody named another one.
void UseNeighbouringNvrtc()
{
    string neighbour = System.IO.Path.GetFullPath(At("..", "shared", "cuda", "lib"));
    if (string.IsNullOrEmpty(EnvironmentVariable("DITTO_NVRTC_PATH")) && System.IO.Directory.Exists(neighbour))
        Environment.SetEnvironmentVariable("DITTO_NVRTC_PATH", neighbour);
}

TestResult[] ReadResults(string path)
{
    if (!System.IO.File.Exists(path)) return [];
    XNamespace trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
    return XDocument.Load(path).Descendants(trx + "UnitTestResult").Select(result =>
    {
        string message = result.Descendants(trx + "Message").FirstOrDefault()?.Value ?? result.Descendants(trx + "StdOut").FirstOrDefault()?.Value;
        return new TestResult((string)result.Attribute("testName"), (string)result.Attribute("outcome"), message?.Trim() ?? "no message");
    }).ToArray();
}

/// One entry a test: its name, the outcome as the trx format words it, and why it failed or was skipped.
record TestResult(string Test, string Outcome, string Message);

// ---- the rest ----

Task("CheckFormat")
    .Description("Fails where a file is not formatted as .editorconfig and .clang-format say.")
    .Does(() =>
    {
        // The build holds these, too, but NUnit.Analyzers takes them back where an assertion has shown that a value is there; this does not.
        Run("dotnet", ["format", At("Ditto.slnx"), "--verify-no-changes", "--exclude-diagnostics", .. nullabilityWarnings]);
        Run("clang-format", ["--dry-run", "-Werror", .. KernelSources()]);
    });

Task("Check")
    .Description("Format, build and tests: what has to hold before each commit.")
    .IsDependentOn("CheckFormat")
    .IsDependentOn("Test");

Task("Format")
    .Description("Formats C# and kernel files in place.")
    .Does(() =>
    {
        Run("dotnet", ["format", At("Ditto.slnx"), "--exclude-diagnostics", .. nullabilityWarnings]);
        Run("clang-format", ["-i", .. KernelSources()]);
    });

Task("Sanitize")
    .Description("Build, then native tests under AddressSanitizer, UBSan and ThreadSanitizer, and Native.Interop's tests under the first two.")
    .IsDependentOn("Build")
    .Does(() =>
    {
        foreach (string preset in new[] { "asan-ubsan", "tsan" })
        {
            string folder = At("artifacts", $"cmake-{preset}");
            BuildNative(preset, folder);
            Run("ctest", "--test-dir", folder, "--output-on-failure");
        }
        RunManagedTestsUnderAsan();
    });

/// The tests of kernels and products with the sanitized library in the test host, whose signals stay .NET's. A finding ends the host.
void RunManagedTestsUnderAsan()
{
    string settings = At("artifacts", "asan.runsettings");
    XElement variables = new("EnvironmentVariables",
        new XElement("DITTO_CPU_LIBRARY", At("artifacts", "native-asan-ubsan", "libditto_cpu.so")),
        new XElement("LD_PRELOAD", AnswerOf("g++", "-print-file-name=libasan.so")),      // has to be there before all else
        new XElement("ASAN_OPTIONS", "detect_leaks=0:handle_segv=0:handle_sigfpe=0:handle_abort=0:use_sigaltstack=0"));
    new XDocument(new XElement("RunSettings", new XElement("RunConfiguration", variables))).Save(settings);
    string project = testProjects.Single(path => path.EndsWith("Native.Interop.Tests.csproj", StringComparison.Ordinal));
    // GuardTests hold that blocks lie between guard pages, and here they lie between red zones; the others call NVRTC, which does not
    // find its second library where AddressSanitizer has taken dlopen over.
    string[] left = ["emulated", "GuardTests", "CompileTests", "KernelCompilerTests", "KernelCacheTests", "CacheProcessTests"];
    Run("dotnet", "test", project, "--no-build", "--configuration", Configuration, "--nologo", "--settings", settings,
        "--filter", string.Join('&', left.Select(name => $"FullyQualifiedName!~{name}")));
}

Task("Tidy")
    .Description("Fails where clang-tidy finds what .clang-tidy asks it to look for in kernels/cpu.")
    .Does(() =>
    {
        ConfigureNative("release", nativeFolder);
        // Last of all folders, so that only what clang lacks comes from the compiler that the build uses: omp.h, with an attribute that
        // clang has not; _Float16 it knows for this target alone.
        string headers = AnswerOf("g++", "-print-file-name=include");
        string[] asClang = [$"--extra-arg=-idirafter{headers}", "--extra-arg=-D__malloc__(...)=", "--extra-arg=-mavx512fp16"];
        string[] files = [.. KernelSources().Where(path => path.EndsWith(".cpp", StringComparison.Ordinal) && !IsPerLevel(path))];
        int failed = 0;
        System.Threading.Tasks.ParallelOptions asManyAsCores = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };
        System.Threading.Tasks.Parallel.ForEach(files, asManyAsCores, file =>
        {
            // Not Cake's own way to start a program, which is for one at a time.
            using System.Diagnostics.Process tidy = System.Diagnostics.Process.Start("clang-tidy", ["-p", nativeFolder, "--quiet", .. asClang, file]);
            tidy.WaitForExit();
            if (tidy.ExitCode != 0) System.Threading.Interlocked.Increment(ref failed);
        });
        if (failed > 0) throw new CakeException($"clang-tidy has findings in {failed} of {files.Length} files");
        Say($"clang-tidy has no findings in {files.Length} files");
    });

/// Files of kernels that are compiled once for each instruction set with builtins of g++ that clang does not know.
bool IsPerLevel(string path) =>
    System.IO.Path.GetFileName(path) is { } name && (name.StartsWith("kernels_", StringComparison.Ordinal) || name.EndsWith("_kernel.cpp", StringComparison.Ordinal));

Task("Bench")
    .Description("Build, then products beside oneDNN's plain GEMM, and forwards of the largest DiT and the demo beside the engine's own.")
    .IsDependentOn("Build")
    .Does(() =>
    {
        string[] programs = System.IO.Directory.GetFiles(nativeFolder, "*_bench").Order(StringComparer.Ordinal).ToArray();
        if (programs.Length == 0) throw new CakeException($"no benchmark program (*_bench) in {nativeFolder}, so nothing was measured");
        foreach (string program in programs) Run(program);
        foreach ((string model, string batch) in new[] { ("dit-xl-2-256", "2"), ("demo", "2"), ("demo", "20") })
            Run(launcher, "bench", "model", "--device", "cpu", "--model", model, "--dtype", "f32", "--batch", batch);
    });

Task("Pack")
    .Description("Build, then one NuGet package a project of src into artifacts/packages.")
    .IsDependentOn("Build")
    .Does(() =>
    {
        foreach (string project in packageProjects)
            Run("dotnet", "pack", project, "--configuration", Configuration, "--no-build", "--nologo", "--output", At("artifacts", "packages"));
    });

RunTarget(target);

if (testSummary is not null)
{
    Say(testSummary);
    if (testsFailed) Environment.Exit(1);
}
