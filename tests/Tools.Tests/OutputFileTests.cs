using Ditto.Pipelines;
using NUnit.Framework;

namespace Ditto.CommandLine.Tests;

/// <summary>A file appears whole or not at all.</summary>
public sealed class OutputFileTests
{
    private TemporaryFolder folder = null!;

    [SetUp]
    public void MakeFolder() => folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => folder.Dispose();

    [Test]
    public void A_written_file_replaces_the_old_one()
    {
        File.WriteAllText(folder["a"], "old");
        OutputFile.Write(folder["a"], stream => stream.Write("new"u8));
        Assert.That(File.ReadAllText(folder["a"]), Is.EqualTo("new"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void A_full_disk_leaves_the_old_file_and_no_other()
    {
        File.WriteAllText(folder["a"], "old");
        Assert.That(
            () => OutputFile.Write(folder["a"], stream =>
            {
                stream.Write("ne"u8);
                throw new IOException("No space left on device");
            }),
            Throws.TypeOf<RequestException>().With.Message.Contains("No space left on device").And.Message.Contains(folder["a"]));
        Assert.That(File.ReadAllText(folder["a"]), Is.EqualTo("old"));
        Assert.That(folder.Names, Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void The_process_can_remove_what_it_has_not_finished()
    {
        Assert.That(
            () => OutputFile.Write(folder["a"], stream =>
            {
                stream.Write("half"u8);
                stream.Flush();
                Assert.That(folder.Names.Count(), Is.EqualTo(1));
                OutputFile.DeleteUnfinished();                        // what the second Ctrl-C does
                Assert.That(folder.Names, Is.Empty);
                throw new OperationCanceledException();
            }),
            Throws.TypeOf<OperationCanceledException>());
        Assert.That(folder.Names, Is.Empty);
    }

    [Test]
    public void A_folder_that_cannot_be_written_is_found_out_before_the_run()
    {
        const string Unwritable = "/proc/self";                       // nobody makes files there, not even the superuser
        if (!Directory.Exists(Unwritable)) Assert.Ignore($"there is no {Unwritable} here");
        Assert.That(
            () => OutputFile.CheckWritable($"{Unwritable}/a.png", "--output"),
            Throws.TypeOf<RequestException>().With.Message.Contains("--output").And.Message.Contains("cannot be written"));
    }
}
