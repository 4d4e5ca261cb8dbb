using System.Text;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography.Tests.Json;

public sealed class StrictJsonTests
{
    [Theory]
    [InlineData("""{}""", true)]
    [InlineData(""" {"a":{"a":1},"b":[{"a":1},{"a":1}]} """, true)]
    [InlineData("""{"a":1,"a":1}""", false)]
    [InlineData("""{"a":1,"\u0061":1}""", false)]
    [InlineData("""[{"b":{"a":1,"c":{},"a":1}}]""", false)]
    [InlineData("""{"a":1}{}""", false)]
    [InlineData("""{"a":1,}""", false)]
    [InlineData("""{"a":1}//""", false)]
    [InlineData("\uFEFF{}", false)]
    [InlineData("""["\ud83d\ude00"]""", true)]
    [InlineData("""["\ud83d"]""", false)]
    [InlineData("""["\ude00\ud83d"]""", false)]
    [InlineData("""["\ud83d\n\ude00"]""", false)]
    [InlineData("""["\\ud83d"]""", true)]
    [InlineData("""["a\"\\\ud83d"]""", false)]
    [InlineData("""{"\ud83d":1}""", false)]
    [InlineData("""[01]""", false)]
    [InlineData("""[NaN]""", false)]
    [InlineData("\"a\nb\"", false)]
    [InlineData("", false)]
    public void IsValid_OfAText_KeepsTheRules(string json, bool expected)
    {
        Assert.Equal(expected, StrictJson.IsValid(Encoding.UTF8.GetBytes(json)));
        Assert.Equal(expected, StrictJson.TryParseElement(Encoding.UTF8.GetBytes(json), out _));
    }

    [Theory]
    [InlineData(32, true)]
    [InlineData(33, false)]
    [InlineData(5000, false)]
    public void IsValid_OfDepth_EndsAtTheMaximum(int depth, bool expected)
    {
        Assert.Equal(
            expected,
            StrictJson.IsValid(Encoding.ASCII.GetBytes(new string('[', depth) + new string(']', depth))));
        var objects = string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        Assert.Equal(expected, StrictJson.IsValid(Encoding.ASCII.GetBytes(objects)));
    }

    [Fact]
    public void IsValid_OfWideObjects_FindsTheDuplicate()
    {
        static string Wide(IEnumerable<int> names) => "{" + string.Join(',', names.Select(name => $"\"m{name}\":{{}}")) + "}";
        Assert.True(StrictJson.IsValid(Encoding.ASCII.GetBytes(Wide(Enumerable.Range(0, 5000)))));
        Assert.False(StrictJson.IsValid(Encoding.ASCII.GetBytes(Wide(Enumerable.Range(0, 5000).Append(17)))));
    }

    [Fact]
    public void IsValid_OfBadUtf8_IsFalse()
    {
        Assert.False(StrictJson.IsValid([(byte)'"', 0xC0, 0x80, (byte)'"']));
        Assert.False(StrictJson.IsValid([(byte)'"', 0xED, 0xA0, 0x80, (byte)'"']));
        Assert.False(StrictJson.IsValid([(byte)'"', 0xFF, (byte)'"']));
    }

    [Fact]
    public void IsValid_AboveTheMaximum_IsFalse()
    {
        Assert.True(StrictJson.IsValid("[1]"u8, 3));
        Assert.False(StrictJson.IsValid("[1]"u8, 2));
    }

    [Theory]
    [InlineData("""{"n":5,"t":"x","b":"AQ","f":true}""", true)]
    [InlineData("""{"n":5,"t":"x","b":"AQ","f":true,"z":0}""", false)]
    [InlineData("""{"n":5,"t":"x","b":"AQ"}""", false)]
    [InlineData("""{"n":-0,"t":"x","b":"AQ","f":true}""", false)]
    [InlineData("""{"n":5.0,"t":"x","b":"AQ","f":true}""", false)]
    [InlineData("""{"n":5e0,"t":"x","b":"AQ","f":true}""", false)]
    [InlineData("""{"n":"5","t":"x","b":"AQ","f":true}""", false)]
    [InlineData("""{"n":11,"t":"x","b":"AQ","f":true}""", false)]
    [InlineData("""{"n":5,"t":"xxxx","b":"AQ","f":true}""", false)]
    [InlineData("""{"n":5,"t":"x","b":"AR","f":true}""", false)]
    [InlineData("""{"n":5,"t":"x","b":"AQ","f":null}""", false)]
    [InlineData("""[]""", false)]
    public void JsonMembers_AreExact_OnlyForTheMembersAskedFor(string json, bool expected)
    {
        Assert.True(StrictJson.TryParseElement(Encoding.UTF8.GetBytes(json), out var element));
        var members = new JsonMembers(element);
        var number = members.Integer("n", 0, 10);
        var text = members.Text("t", 3);
        var bytes = members.Bytes("b", 4);
        var flag = members.Boolean("f");
        Assert.Null(members.OptionalText("absent"));
        Assert.Equal(expected, members.AreExact);
        if (expected)
            Assert.Equal((5L, "x", "01", true), (number, text, Convert.ToHexString(bytes), flag));
    }
}
