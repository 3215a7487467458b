namespace Ditto.Interop;

/// <summary>How the rows of a batch of matrices lie in memory.</summary>
/// <param name="Row">Elements from one row to the next.</param>
/// <param name="Batch">Elements from one matrix to the next.</param>
internal readonly record struct MatrixStrides(long Row, long Batch);
