using System.Globalization;

namespace Ditto.CommandLine;

/// <summary>Numbers as people read them; the same under every locale.</summary>
internal static class Readable
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];
    private static readonly string[] DecimalUnits = ["", "k", "M", "G", "T", "P"];

    /// <summary>Interpolated text under the invariant culture.</summary>
    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>For example 3.4 MiB.</summary>
    public static string Bytes(long count) => Scaled(count, 1024, ByteUnits);

    /// <summary>For example 3.48 M.</summary>
    public static string Count(double count) => Scaled(count, 1000, DecimalUnits).TrimEnd();

    /// <summary>For example 0.35 s, 12.3 s, 4:05 min.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => Invariant($"{time.TotalSeconds:0.00} s"),
        < 60 => Invariant($"{time.TotalSeconds:0.0} s"),
        < 3600 => Invariant($"{(int)time.TotalMinutes}:{time.Seconds:00} min"),
        _ => Invariant($"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00} h"),
    };

    private static string Scaled(double value, int step, string[] units)
    {
        int unit = 0;
        while (Math.Abs(value) >= step && unit < units.Length - 1)
        {
            value /= step;
            unit++;
        }
        return unit == 0 ? Invariant($"{value:0} {units[0]}") : Invariant($"{value:0.00} {units[unit]}");
    }
}
