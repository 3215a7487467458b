using Ditto.Families.DiT;
using Ditto.Interop;
using Ditto.Layers;

namespace Ditto.Pipelines;

/// <summary>What a model directory holds and what running it takes, worked out without a device.</summary>
/// <param name="PipelineClass">The pipeline's class, for example DiTPipeline.</param>
/// <param name="TransformerClass">The network's class as its config names it.</param>
/// <param name="SchedulerClass">The scheduler's class as its config names it.</param>
/// <param name="Config">The network's config.</param>
/// <param name="ParameterCount">Elements of the checkpoint.</param>
/// <param name="FileBytes">Bytes of the weight files' tensors.</param>
/// <param name="DType">Storage that the plan is for.</param>
/// <param name="Weights">Storage of the blocks' matrices that the plan is for.</param>
/// <param name="WeightBytes">Bytes of the weights on the device.</param>
/// <param name="Batch">Samples of the plan.</param>
/// <param name="Height">Latent height of the plan.</param>
/// <param name="Width">Latent width of the plan.</param>
/// <param name="Tokens">Tokens of one sample.</param>
/// <param name="ForwardFlops">Floating-point operations of one forward over the batch, both guidance branches counted where guided.</param>
/// <param name="IsGuided">Whether the plan has both guidance branches.</param>
/// <param name="PoolBytes">Bytes of the session's one allocation.</param>
/// <param name="PoolLines">Its buffers: name, shape, bytes, offset and life.</param>
/// <param name="Warnings">What is odd about the weight files but does not stop anybody from using them.</param>
public sealed record ModelSummary(
    string PipelineClass,
    string TransformerClass,
    string SchedulerClass,
    DiTConfig Config,
    long ParameterCount,
    long FileBytes,
    DType DType,
    WeightStorage Weights,
    long WeightBytes,
    int Batch,
    int Height,
    int Width,
    int Tokens,
    double ForwardFlops,
    bool IsGuided,
    long PoolBytes,
    IReadOnlyList<string> PoolLines,
    IReadOnlyList<string> Warnings);
