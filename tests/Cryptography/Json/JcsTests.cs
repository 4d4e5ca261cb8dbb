using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Counterfoil.Cryptography.Json;
using Counterfoil.Testing;

namespace Counterfoil.Cryptography.Tests.Json;

public sealed class JcsTests
{
    // RFC 8785 appendix B, without the two that have no JSON text.
    [Theory]
    [InlineData("0000000000000000", "0")]
    [InlineData("8000000000000000", "0")]
    [InlineData("0000000000000001", "5e-324")]
    [InlineData("8000000000000001", "-5e-324")]
    [InlineData("7fefffffffffffff", "1.7976931348623157e+308")]
    [InlineData("ffefffffffffffff", "-1.7976931348623157e+308")]
    [InlineData("4340000000000000", "9007199254740992")]
    [InlineData("c340000000000000", "-9007199254740992")]
    [InlineData("4430000000000000", "295147905179352830000")]
    [InlineData("44b52d02c7e14af5", "9.999999999999997e+22")]
    [InlineData("44b52d02c7e14af6", "1e+23")]
    [InlineData("44b52d02c7e14af7", "1.0000000000000001e+23")]
    [InlineData("444b1ae4d6e2ef4e", "999999999999999700000")]
    [InlineData("444b1ae4d6e2ef4f", "999999999999999900000")]
    [InlineData("444b1ae4d6e2ef50", "1e+21")]
    [InlineData("3eb0c6f7a0b5ed8c", "9.999999999999997e-7")]
    [InlineData("3eb0c6f7a0b5ed8d", "0.000001")]
    [InlineData("41b3de4355555553", "333333333.3333332")]
    [InlineData("41b3de4355555554", "333333333.33333325")]
    [InlineData("41b3de4355555555", "333333333.3333333")]
    [InlineData("41b3de4355555556", "333333333.3333334")]
    [InlineData("41b3de4355555557", "333333333.33333343")]
    [InlineData("becbf647612f3696", "-0.0000033333333333333333")]
    [InlineData("43143ff3c1cb0959", "1424953923781206.2")]
    public void EcmaScriptNumber_OfAppendixB_IsAsPublished(string bits, string expected) =>
        Assert.Equal(expected, EcmaScriptNumber.Format(BitConverter.UInt64BitsToDouble(ulong.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture))));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void EcmaScriptNumber_WithoutJsonText_IsAFault(double number) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => EcmaScriptNumber.Format(number));

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""[1e400]""")]
    [InlineData("""[NaN]""")]
    [InlineData("""["\ud800"]""")]
    [InlineData("""{} {}""")]
    public void Canonicalize_OfWhatIsNotIJson_IsNull(string json) =>
        Assert.Null(Jcs.Canonicalize(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Canonicalize_OfRandomNumbers_GivesTheSameDoubleAgain()
    {
        const int Seed = 8785;
        var random = new Random(Seed);
        Span<byte> bits = stackalloc byte[8];
        for (var i = 0; i < 20_000; i++)
        {
            random.NextBytes(bits);
            var number = BitConverter.UInt64BitsToDouble(BinaryPrimitives.ReadUInt64BigEndian(bits));
            if (!double.IsFinite(number))
                continue;
            var text = EcmaScriptNumber.Format(number);
            Assert.True(
                double.Parse(text, CultureInfo.InvariantCulture).Equals(number), $"seed {Seed}, {text}");
            var canonical = Jcs.Canonicalize(
                Encoding.ASCII.GetBytes($"[ {number.ToString("E16", CultureInfo.InvariantCulture)} ]"));
            Assert.Equal($"[{text}]", Encoding.ASCII.GetString(canonical!));
        }
    }

    public static TheoryData<string> PublishedNames()
    {
        var names = new TheoryData<string>();
        var folder = Shared.Find("vectors/jcs/input");
        foreach (var file in folder is null ? ["absent"] : Directory.GetFiles(folder, "*.json"))
            names.Add(Path.GetFileNameWithoutExtension(file));
        return names;
    }

    [SharedTheory("vectors/jcs")]
    [MemberData(nameof(PublishedNames))]
    public void Canonicalize_OfAPublishedInput_IsItsOutput(string name)
    {
        var folder = Shared.Find("vectors/jcs")!;
        var canonical = Jcs.Canonicalize(File.ReadAllBytes(Path.Combine(folder, "input", name + ".json")));
        var hex = File.ReadAllText(Path.Combine(folder, "outhex", name + ".txt"));
        Assert.Equal(string.Concat(hex.Where(char.IsAsciiHexDigit)), Convert.ToHexStringLower(canonical!));
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "output", name + ".json")), canonical);
        Assert.Equal(canonical, Jcs.Canonicalize(canonical));
    }
}
