namespace Ditto.Imaging;

/// <summary>Eigenvalues and eigenvectors of a small symmetric matrix by cyclic Jacobi rotations, in f64.</summary>
internal static class SymmetricEigen
{
    private const int MaxSweeps = 60;

    /// <summary>Decomposes A = V diag(values) V^T.</summary>
    /// <param name="matrix">Symmetric, row-major, n x n; not changed.</param>
    /// <param name="n">Number of rows.</param>
    /// <returns>The eigenvalues, in no order, and the eigenvectors in the columns of a row-major n x n matrix.</returns>
    public static (double[] Values, double[] Vectors) Decompose(ReadOnlySpan<double> matrix, int n)
    {
        double[] a = matrix.ToArray(), v = new double[n * n];
        for (int i = 0; i < n; i++)
            v[i * n + i] = 1;
        double total = a.Sum(x => x * x);
        for (int sweep = 0; sweep < MaxSweeps && OffDiagonal(a, n) > 1e-30 * total; sweep++)
        {
            for (int p = 0; p < n; p++)
            {
                for (int q = p + 1; q < n; q++)
                    Rotate(a, v, n, p, q);
            }
        }
        return ([.. Enumerable.Range(0, n).Select(i => a[i * n + i])], v);
    }

    /// <summary>The square root of a symmetric matrix without negative eigenvalues; small negative ones count as 0.</summary>
    public static double[] SquareRoot(ReadOnlySpan<double> matrix, int n)
    {
        (double[] values, double[] vectors) = Decompose(matrix, n);
        double[] root = new double[n * n];
        for (int k = 0; k < n; k++)
        {
            double weight = Math.Sqrt(Math.Max(0, values[k]));
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                    root[i * n + j] += weight * vectors[i * n + k] * vectors[j * n + k];
            }
        }
        return root;
    }

    private static double OffDiagonal(double[] a, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            for (int j = i + 1; j < n; j++)
                sum += 2 * a[i * n + j] * a[i * n + j];
        }
        return sum;
    }

    /// <summary>Makes a[p, q] zero by a rotation of rows and columns p and q.</summary>
    private static void Rotate(double[] a, double[] v, int n, int p, int q)
    {
        double apq = a[p * n + q];
        if (apq == 0)
            return;
        double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
        double t = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
        double c = 1 / Math.Sqrt(t * t + 1), s = t * c;
        for (int k = 0; k < n; k++)
            (a[k * n + p], a[k * n + q]) = (c * a[k * n + p] - s * a[k * n + q], s * a[k * n + p] + c * a[k * n + q]);
        for (int k = 0; k < n; k++)
            (a[p * n + k], a[q * n + k]) = (c * a[p * n + k] - s * a[q * n + k], s * a[p * n + k] + c * a[q * n + k]);
        for (int k = 0; k < n; k++)
            (v[k * n + p], v[k * n + q]) = (c * v[k * n + p] - s * v[k * n + q], s * v[k * n + p] + c * v[k * n + q]);
    }
}
