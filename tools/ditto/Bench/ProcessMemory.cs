using System.Globalization;

namespace Ditto.CommandLine;

/// <summary>What the operating system says of this process's memory.</summary>
internal static class ProcessMemory
{
    private const string StatusFile = "/proc/self/status";
    private const string PeakField = "VmHWM:";

    /// <summary>The most bytes that were resident at one time since the process began; null where the system does not say.</summary>
    public static long? PeakResidentBytes()
    {
        if (!File.Exists(StatusFile)) return null;
        string? line = Array.Find(File.ReadAllLines(StatusFile), line => line.StartsWith(PeakField, StringComparison.Ordinal));
        string[] words = line?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        bool isKnown = words.Length == 3 && words[2] == "kB";
        return isKnown ? 1024 * long.Parse(words[1], CultureInfo.InvariantCulture) : null;
    }
}
