using Ditto.Caching.Updates;
using NUnit.Framework;

namespace Ditto.Caching.Tests.Updates;

/// <summary>Updates as text.</summary>
public sealed class CacheUpdatesTests
{
    [TestCase("reuse", "reuse")]
    [TestCase("linear", "newton(1)")]
    [TestCase("taylor(2)", "taylor(2)")]
    [TestCase(" taylor ( order = 2 , since = 2 , sigma = 0.7 ) ", "taylor(2,sigma=0.7,since=2)")]
    [TestCase("taylor(4,sigma=1,since=0)", "taylor(4)")]
    [TestCase("newton(7)", "newton(7)")]
    [TestCase("hermite(2)", "hermite(2,sigma=0.5)")]
    [TestCase("hermite(2,sigma=7.1e-1,since=2)", "hermite(2,sigma=0.71,since=2)")]
    [TestCase("adams(3)", "adams(3)")]
    [TestCase("adams(2,form=exponential)", "adams(2,form=exponential)")]
    [TestCase("adams(1,form=ratio)", "adams(1,form=ratio)")]
    [TestCase("foca", "foca")]
    [TestCase("foca()", "foca")]
    public void Text_round_trips(string text, string expected)
    {
        IUpdate update = CacheUpdates.Parse(text);
        Assert.That(update.ToString(), Is.EqualTo(expected));
        Assert.That(CacheUpdates.Parse(expected), Is.EqualTo(update));
    }

    [Test]
    public void Any_sigma_round_trips()
    {
        Random random = new(3);
        for (int i = 0; i < 200; i++)
        {
            HermiteForecast update = new(random.Next(8), Math.Pow(random.NextDouble(), 20) + double.Epsilon, random.Next(9));
            Assert.That(CacheUpdates.Parse(update.ToString()), Is.EqualTo(update));
        }
    }

    [TestCase("", 1, "update", "missing", "a name")]
    [TestCase("  (2)", 3, "update", "missing", "a name")]
    [TestCase("Taylor(2)", 1, "update", "Taylor", "reuse, linear, taylor(order)")]
    [TestCase("taylor", 7, "order", "missing", "an integer, 0 to 7")]
    [TestCase("taylor(8)", 8, "order", "8", "an integer, 0 to 7")]
    [TestCase("taylor(-1)", 8, "order", "-1", "an integer, 0 to 7")]
    [TestCase("newton(1.5)", 8, "order", "1.5", "an integer, 0 to 7")]
    [TestCase("newton(99999999999)", 8, "order", "99999999999", "an integer, 0 to 7")]
    [TestCase("taylor(2", 9, "the end", "missing", "a closing parenthesis")]
    [TestCase("taylor(2)x", 10, "what follows the closing parenthesis", "x", "nothing")]
    [TestCase("taylor(2,)", 10, "a value of taylor", "missing", "a value between parentheses and commas")]
    [TestCase("taylor(2,3)", 10, "a value of taylor", "3", "taylor(order,sigma=1,since=0)")]
    [TestCase("taylor(2,order=3)", 8, "a value of taylor", "2", "taylor(order,sigma=1,since=0)")]
    [TestCase("taylor(order=2,order=3)", 22, "a value of taylor", "order=3", "taylor(order,sigma=1,since=0)")]
    [TestCase("taylor(order=2,3)", 16, "a value of taylor", "3", "name=value, as the value before it")]
    [TestCase("taylor(2,scale=3)", 16, "a value of taylor", "scale=3", "taylor(order,sigma=1,since=0)")]
    [TestCase("taylor(2,since=-1)", 16, "since", "-1", "an integer, 0 to 2147483647")]
    [TestCase("hermite(2,sigma=0)", 17, "sigma", "0", "a number above 0, up to 1")]
    [TestCase("hermite(2,sigma=1.5)", 17, "sigma", "1.5", "a number above 0, up to 1")]
    [TestCase("hermite(2,sigma=NaN)", 17, "sigma", "NaN", "a number above 0, up to 1")]
    [TestCase("adams(0)", 7, "order", "0", "an integer, 1 to 4")]
    [TestCase("adams(5)", 7, "order", "5", "an integer, 1 to 4")]
    [TestCase("adams(2,form=ratio)", 7, "order", "2", "1")]
    [TestCase("adams(2,form=1)", 14, "form", "1", "plain, exponential, ratio")]
    [TestCase("reuse(1)", 7, "a value of reuse", "1", "reuse")]
    public void Wrong_text_is_refused_with_place_finding_and_what_would_do(string text, int column, string field, string found, string expected)
    {
        CacheMethodException error = Assert.Throws<CacheMethodException>(() => CacheUpdates.Parse(text))!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((error.Text, error.Column, error.Field, error.Found), Is.EqualTo((text, column, field, found)));
            Assert.That(error.Expected, Does.StartWith(expected));
            Assert.That(error.Message, Is.EqualTo($"\"{text}\", column {column}: {field} is {found}; expected: {error.Expected}"));
        }
    }

    [Test]
    public void A_message_is_one_short_line_of_plain_characters()
    {
        string text = "\u001b[2J\n" + new string('x', 5000);
        CacheMethodException error = Assert.Throws<CacheMethodException>(() => CacheUpdates.Parse(text))!;
        Assert.That(error.Message, Does.Contain("\\u001b[2J\\u000a").And.Length.LessThan(500));
        Assert.That(error.Message, Has.None.Matches<char>(char.IsControl));
        Assert.That(error.Text, Is.EqualTo(text));
    }

    [Test]
    public void Constructors_refuse_what_the_text_refuses()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => new TaylorForecast(8), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new TaylorForecast(1, sigma: double.NaN), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new TaylorForecast(1, since: -1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new HermiteForecast(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new HermiteForecast(1, 1.01), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new HermiteForecast(1, since: -1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new NewtonForecast(8), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new AdamsForecast(5), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new AdamsForecast(2, AdamsForm.Ratio), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new AdamsForecast(1, (AdamsForm)9), Throws.TypeOf<ArgumentOutOfRangeException>());
        }
    }
}
