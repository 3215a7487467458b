namespace Ditto.Tests.Hostile;

/// <summary>
/// One crafted input and the answer that it must get. The id is the line of the list of bad inputs that it stands for; a letter behind the
/// number marks a sibling of that line.
/// </summary>
/// <typeparam name="T">What the generator makes.</typeparam>
/// <param name="Id">For example 19 or 19b.</param>
/// <param name="Name">What is wrong with it.</param>
/// <param name="Make">Makes the input.</param>
/// <param name="Says">What the error's message must contain; nothing where the input loads.</param>
public sealed record HostileCase<T>(string Id, string Name, T Make, params string[] Says)
{
    /// <summary>The line of the list.</summary>
    public int Line => int.Parse(Id.TrimEnd("abcdefghijklmnopqrstuvwxyz".ToCharArray()), System.Globalization.CultureInfo.InvariantCulture);

    public override string ToString() => $"{Id} {Name}";
}
