namespace Ditto.Emulation.Counting;

/// <summary>How long a launch would take by <see cref="Roofline"/>. Modelled, never measured.</summary>
/// <param name="Terms">What each resource alone would need, in seconds, the longest first.</param>
public sealed record ModelledTime(IReadOnlyList<(string Resource, double Seconds)> Terms)
{
    /// <summary>The time: that of the resource which is busy longest.</summary>
    public double Seconds => Terms[0].Seconds;

    /// <summary>That resource's name; "nothing" for a launch that does nothing.</summary>
    public string Limiter => Seconds > 0 ? Terms[0].Resource : "nothing";

    /// <summary>What a resource alone would need, in seconds.</summary>
    /// <param name="resource">One of the names in <see cref="Roofline"/>.</param>
    public double Of(string resource) => Terms.First(term => term.Resource == resource).Seconds;
}
