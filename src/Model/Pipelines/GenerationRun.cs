using System.Threading.Channels;

namespace Ditto.Pipelines;

/// <summary>A generation on another thread: an asynchronous stream of its steps and, at the end, its result.</summary>
public sealed class GenerationRun : IAsyncEnumerable<StepUpdate>, IProgress<StepUpdate>
{
    private readonly Channel<StepUpdate> steps = Channel.CreateUnbounded<StepUpdate>(new UnboundedChannelOptions { SingleWriter = true });

    internal GenerationRun(Func<IProgress<StepUpdate>, GenerationResult> generate)
    {
        Completion = Task.Run(() =>
        {
            try
            {
                return generate(this);
            }
            finally
            {
                steps.Writer.Complete();
            }
        });
    }

    /// <summary>The result; fails with what <see cref="DiTSession.Generate"/> would throw.</summary>
    public Task<GenerationResult> Completion { get; }

    /// <summary>The steps as they finish. The stream ends with the run, also a failed one; <see cref="Completion"/> has the outcome.</summary>
    public IAsyncEnumerator<StepUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        steps.Reader.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    void IProgress<StepUpdate>.Report(StepUpdate value) => steps.Writer.TryWrite(value);
}
