namespace Ditto.Interop;

/// <summary>One allocation that holds every tensor of a plan.</summary>
public sealed class DevicePool : IDisposable
{
    private readonly DeviceMemory? memory;
    private readonly Tensor[] tensors;

    /// <summary>Allocates the pool. The plan can be extended afterwards; the pool keeps what it was made from.</summary>
    /// <param name="device">The device.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="purpose">What the pool is for, for the error where there is not enough memory.</param>
    /// <param name="advice">What to try then, for example <c>a smaller batch</c>.</param>
    /// <exception cref="DeviceException">The device has not enough memory; the error says how much it has and what to try.</exception>
    public DevicePool(Device device, PoolPlan plan, string purpose = "a pool", string advice = MemoryNeed.AnyAdvice)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(plan);
        Plan = plan;
        ByteCount = plan.TotalBytes;
        memory = ByteCount > 0 ? device.Allocate(ByteCount, purpose, advice) : null;
        tensors = new Tensor[plan.Slots.Count];
        foreach (PoolSlot slot in plan.Slots) tensors[slot.Index] = memory!.View(slot.DType, plan.Offset(slot), slot.Shape);
    }

    /// <summary>The plan.</summary>
    public PoolPlan Plan { get; }

    /// <summary>Size in bytes.</summary>
    public long ByteCount { get; }

    /// <summary>The tensor of a slot. Its content is defined only while the slot is alive.</summary>
    /// <param name="slot">A slot of the plan.</param>
    /// <exception cref="ArgumentException">The slot is of another plan, or was added later.</exception>
    /// <exception cref="ObjectDisposedException">The pool was freed.</exception>
    public Tensor this[PoolSlot slot]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(slot);
            ObjectDisposedException.ThrowIf(memory is null || memory.IsClosed, this);
            if (slot.Index >= tensors.Length || !ReferenceEquals(Plan.Slots[slot.Index], slot))
                throw new ArgumentException($"pool: {slot.Name} is not of this pool's plan", nameof(slot));
            return tensors[slot.Index];
        }
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => memory?.Dispose();
}
