using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>Something that is no driver of today under the driver's name: it is said, and the processor works all the same.</summary>
public sealed class DriverTests
{
    private const string Driver = "libcuda.so.1", LibraryPath = "LD_LIBRARY_PATH";

    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("libraries are put in the way by Linux' library path");
        folder = new TemporaryFolder();
    }

    [TearDown]
    public void RemoveFolder() => folder?.Dispose();

    [TestCase(false, "none of libcuda.so.1, libcuda.so could be loaded")]
    [TestCase(true, "has no function cuInit; a version for CUDA 12.0 or newer is needed")]
    public void A_driver_that_is_none_is_named_and_the_processor_works(bool isLibrary, string says)
    {
        string other = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libSystem.Native.so");
        if (isLibrary) File.Copy(other, folder[Driver]);
        else File.WriteAllText(folder[Driver], "no library");
        Dictionary<string, string> environment = new() { [LibraryPath] = folder.Path };
        if (!isLibrary && HasRealDriver()) Assert.Ignore("the loader goes on to the real driver");
        ToolResult refused = Tool.RunProcess(environment, "generate", "--device", "cuda", "--output", folder["a.png"]);
        Assert.That(refused.Code, Is.EqualTo(ExitCode.DeviceUnavailable), refused.Error);
        Assert.That(refused.Error, Does.Contain("device 'cuda").And.Contain(says));
        ToolResult made = Tool.RunProcess(environment, "generate", "--device", "auto", "--steps", "1", "--output", folder["b.png"]);
        Assert.That(made.Code, Is.Zero, made.Error);
        Assert.That(File.Exists(folder["b.png"]), Is.True);
    }

    private static bool HasRealDriver()
    {
        bool found = NativeLibrary.TryLoad(Driver, out nint handle);
        if (found) NativeLibrary.Free(handle);
        return found;
    }
}
