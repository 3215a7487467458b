using System.Diagnostics;

namespace Ditto.Tests.Hostile;

/// <summary>Named pipes: files that have no length and block whoever opens them.</summary>
internal static class Pipes
{
    /// <summary>Makes a named pipe; false where the system has none.</summary>
    public static bool TryMake(string path)
    {
        if (OperatingSystem.IsWindows()) return false;
        using Process make = Process.Start("mkfifo", [path]);
        make.WaitForExit();
        return make.ExitCode == 0;
    }
}
