namespace Ditto.Verification;

/// <summary>A kind of reference cases, known by what its folders hold.</summary>
internal interface IReferenceSuite
{
    /// <summary>Whether a folder holds cases of this kind.</summary>
    bool Matches(DirectoryInfo folder);

    /// <summary>The folder's cases; each is run when it is asked for.</summary>
    IEnumerable<ReferenceCase> Cases(DirectoryInfo folder);
}
