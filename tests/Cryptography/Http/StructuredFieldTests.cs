using Counterfoil.Cryptography.Http;

namespace Counterfoil.Cryptography.Tests.Http;

public sealed class StructuredFieldTests
{
    [Theory]
    [InlineData("1", "1")]
    [InlineData("  -15 ", "-15")]
    [InlineData("999999999999999", "999999999999999")]
    [InlineData("4.50", "4.5")]
    [InlineData("-0.125", "-0.125")]
    [InlineData("7.0", "7.0")]
    [InlineData("\"a \\\" b \\\\\"", "\"a \\\" b \\\\\"")]
    [InlineData("foo/bar:baz*", "foo/bar:baz*")]
    [InlineData(":AQID:", ":AQID:")]
    [InlineData("::", "::")]
    [InlineData("?1;a;  b=?0;c=\"x\"", "?1;a;b=?0;c=\"x\"")]
    [InlineData("@1659578233", "@1659578233")]
    [InlineData("%\"f%c3%bc%22\"", "%\"f%c3%bc%22\"")]
    [InlineData("1;a=1;a=2", "1;a=2")]
    public void Item_InEveryForm_IsWrittenCanonically(string text, string canonical)
    {
        Assert.True(StructuredField.TryParseItem(text, out var item));
        Assert.Equal(canonical, item.ToString());
        Assert.True(StructuredField.TryParseItem(canonical, out var again));
        Assert.Equal(canonical, again.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1 2")]
    [InlineData("1000000000000000")]
    [InlineData("1.")]
    [InlineData("1.2345")]
    [InlineData("1234567890123.1")]
    [InlineData("--1")]
    [InlineData("-")]
    [InlineData("\"open")]
    [InlineData("\"bad\\n\"")]
    [InlineData("\"ü\"")]
    [InlineData(":AQI:")]
    [InlineData(":AQJ=:")]
    [InlineData(":AQ ID:")]
    [InlineData(":AQID")]
    [InlineData("?2")]
    [InlineData("?")]
    [InlineData("@1.5")]
    [InlineData("%\"%C3\"")]
    [InlineData("%\"%c3\"")]
    [InlineData("1;A=1")]
    [InlineData("1;")]
    [InlineData("(1)")]
    public void Item_OutsideTheForm_IsRefused(string text) => Assert.False(StructuredField.TryParseItem(text, out _));

    [Theory]
    [InlineData("a=1,    b=2;x=1;y=2,   c=(a   b   c)", "a=1, b=2;x=1;y=2, c=(a b c)")]
    [InlineData("a, b;x, c=?0", "a, b;x, c=?0")]
    [InlineData("a=?1;q", "a;q")]
    [InlineData("a=1, b=2, a=3", "a=3, b=2")]
    [InlineData("", "")]
    [InlineData("sig=();created=1", "sig=();created=1")]
    public void Dictionary_InItsForms_IsWrittenCanonically(string text, string canonical)
    {
        Assert.True(StructuredField.TryParseDictionary(text, out var dictionary));
        Assert.Equal(canonical, dictionary.ToString());
    }

    [Theory]
    [InlineData("a=1,")]
    [InlineData("a=1 b=2")]
    [InlineData(",a=1")]
    [InlineData("A=1")]
    [InlineData("a=")]
    [InlineData("a=(1 2")]
    [InlineData("a=(1,2)")]
    [InlineData("a=(1;)")]
    public void Dictionary_OutsideTheForm_IsRefused(string text) => Assert.False(StructuredField.TryParseDictionary(text, out _));

    [Fact]
    public void Dictionary_WithADuplicate_IsRefusedWhereReadersMustNotDiffer()
    {
        Assert.False(StructuredField.TryParseDictionary("a=1, a=1", out _, refuseDuplicates: true));
        Assert.False(StructuredField.TryParseDictionary("a=(1);x=1;x=2", out _, refuseDuplicates: true));
    }

    [Fact]
    public void Maxima_AreThoseOfTheStandardAndNoMore()
    {
        static string Members(int count) => string.Join(',', Enumerable.Range(0, count).Select(number => $"k{number}"));
        Assert.True(StructuredField.TryParseDictionary(Members(1024), out _));
        Assert.False(StructuredField.TryParseDictionary(Members(1025), out _));
        Assert.True(StructuredField.TryParseDictionary($"a=({string.Join(' ', Enumerable.Repeat(1, 256))})", out _));
        Assert.False(StructuredField.TryParseDictionary($"a=({string.Join(' ', Enumerable.Repeat(1, 257))})", out _));
        Assert.False(StructuredField.TryParseItem('"' + new string('x', StructuredField.MaximumLength) + '"', out _));
    }

    [Fact]
    public void Parsing_OfAnyText_NeverThrowsAndWhatIsReadIsWrittenStably()
    {
        const int seed = 9421;
        const string alphabet = "ab1-.,;=()\"\\:?@% *_ \tA/+é\n";
        var random = new Random(seed);
        for (var round = 0; round < 20_000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(24)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            foreach (var kind in new[] { StructuredFieldKind.Item, StructuredFieldKind.List, StructuredFieldKind.Dictionary })
            {
                if (!StructuredField.TryNormalise(text, kind, out var canonical))
                    continue;
                Assert.True(StructuredField.TryNormalise(canonical, kind, out var again), $"seed {seed} round {round}: {text}");
                Assert.Equal(canonical, again);
            }
        }
    }
}
