using System.Text.Json;
using Ditto.Interop;

namespace Ditto.Verification;

/// <summary>
/// Runs every case under a folder of recorded reference tensors that this build supports: networks, whole pipelines, schedulers and noise, each
/// compared within the tolerance that lies beside it. What is not supported is named, never left out silently.
/// </summary>
public sealed class ReferenceVerifier
{
    private readonly IReferenceSuite[] suites;

    /// <summary>A verifier on a device.</summary>
    /// <param name="device">Runs the cases.</param>
    /// <param name="type">Storage of weights and activations; f32 is compared within the recorded tolerance, bf16 and f16 within their own.</param>
    public ReferenceVerifier(Device device, DType type = DType.F32)
    {
        ArgumentNullException.ThrowIfNull(device);
        suites =
        [
            new DiTPipelineSuite(device, type), new DiTModelSuite(device, type), new DemoSuite(device, type),
            new SchedulerSuite(device), new NoiseSuite(device),
        ];
    }

    /// <summary>Runs the cases one by one, in the order of their paths.</summary>
    /// <param name="folder">A folder laid out like the project's reference data, or one family's folder in it.</param>
    /// <param name="cancellation">Checked between cases.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public IEnumerable<VerifyRow> Run(string folder, CancellationToken cancellation = default)
    {
        DirectoryInfo root = new(folder);
        if (!root.Exists) throw new DirectoryNotFoundException($"«{folder}» does not exist");
        return Visit(root, root, cancellation);
    }

    /// <summary>A folder that a suite knows is one set of cases; any other is searched.</summary>
    private IEnumerable<VerifyRow> Visit(DirectoryInfo root, DirectoryInfo folder, CancellationToken cancellation)
    {
        string name = root == folder ? folder.Name : Path.GetRelativePath(root.FullName, folder.FullName).Replace('\\', '/');
        if (suites.FirstOrDefault(suite => suite.Matches(folder)) is { } suite)
        {
            foreach (VerifyRow row in RunSuite(suite, folder, name, cancellation)) yield return row;
            yield break;
        }
        foreach (FileInfo file in folder.EnumerateFiles("case*.safetensors").OrderBy(file => file.Name, StringComparer.Ordinal))
            yield return VerifyRow.Unsupported($"{name}/{Path.GetFileNameWithoutExtension(file.Name)}", UnsupportedReason.Of(folder));
        foreach (DirectoryInfo child in folder.EnumerateDirectories().OrderBy(child => child.Name, StringComparer.Ordinal))
            foreach (VerifyRow row in Visit(root, child, cancellation))
                yield return row;
    }

    /// <summary>The rows of one folder. A folder whose model or config cannot be loaded is one failed row, and the others go on.</summary>
    private static IEnumerable<VerifyRow> RunSuite(IReferenceSuite suite, DirectoryInfo folder, string name, CancellationToken cancellation)
    {
        using IEnumerator<ReferenceCase> cases = suite.Cases(folder).GetEnumerator();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            VerifyRow? broken = null;
            try
            {
                if (!cases.MoveNext()) yield break;
            }
            catch (Exception error) when (IsOfTheCase(error))
            {
                broken = VerifyRow.Error(name, error);
            }
            yield return broken ?? RunCase($"{name}/{cases.Current.Name}", cases.Current);
            if (broken is not null) yield break;
        }
    }

    private static bool IsOfTheCase(Exception error) =>
        error is DittoException or IOException or InvalidDataException or JsonException or KeyNotFoundException;

    private static VerifyRow RunCase(string name, ReferenceCase reference)
    {
        try
        {
            return reference.Unsupported is null ? reference.Run(new CaseComparison(name)) : VerifyRow.Unsupported(name, reference.Unsupported);
        }
        catch (Exception error) when (IsOfTheCase(error))
        {
            return VerifyRow.Error(name, error);
        }
    }
}
