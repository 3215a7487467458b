namespace Ditto.Samplers;

/// <summary>Which of the DPM solvers.</summary>
/// <param name="IsData">True for DPM-Solver++, which integrates the predicted sample; false for DPM-Solver, which takes the noise.</param>
/// <param name="IsSde">True for the form that adds fresh noise.</param>
/// <param name="IsHeun">True for Heun's form of order 2, false for the midpoint form.</param>
internal readonly record struct DpmSolverKind(bool IsData, bool IsSde, bool IsHeun);
