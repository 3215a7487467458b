using NUnit.Framework;

namespace Ditto.Tests.Hostile;

/// <summary>Holds every refusal to the same promise: a typed error that says what it must, fit for a terminal, at a bounded cost.</summary>
internal static class Refusal
{
    /// <summary>Enough for an exception, its stack trace and the parser's tables; the rest is counted by the size of the input.</summary>
    private const long ConstantBytes = 300_000;

    private const int LongestMessage = 1500;

    /// <summary>Runs something that must be refused.</summary>
    /// <typeparam name="TError">The type of the error, exactly.</typeparam>
    /// <param name="says">What its message contains.</param>
    /// <param name="inputBytes">Size of the input.</param>
    /// <param name="factor">Bytes that may be allocated for each byte of it.</param>
    /// <param name="act">Loads the input.</param>
    public static string Of<TError>(IEnumerable<string> says, long inputBytes, int factor, Action act)
        where TError : Exception
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exception? error = null;
        try
        {
            act();
        }
        catch (Exception e)                                          // whatever it is, it is looked at below
        {
            error = e;
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(error, Is.TypeOf<TError>());
        Assert.Multiple(() =>
        {
            foreach (string text in says)
                Assert.That(error!.Message, Does.Contain(text));
            Assert.That(error!.Message.Any(char.IsControl), Is.False, error.Message);
            Assert.That(error.Message, Has.Length.LessThan(LongestMessage));
            Assert.That(allocated, Is.LessThan(ConstantBytes + factor * inputBytes), $"bytes allocated for {inputBytes} bytes");
        });
        return error!.Message;
    }
}
