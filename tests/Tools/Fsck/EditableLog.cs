using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Tools.Tests;

/// <summary>
/// A log's blocks taken apart by the layout of docs/storage.md, to be altered and written again in good frames: what an alteration breaks is then the rule and
/// not the checksum.
/// </summary>
internal sealed class EditableLog(List<EditableBlock> blocks)
{
    public List<EditableBlock> Blocks { get; } = blocks;

    public static EditableLog Read(string folder)
    {
        using var log = RecordLog.Open(new FileDisk(folder), "blocks");
        return new EditableLog([.. log.ReadFrom(0).Select(EditableBlock.Read)]);
    }

    /// <summary>Writes the blocks, and copies the other files of the folder that they came from.</summary>
    public void Write(string folder, string? from = null, int segmentSize = RecordLog.DefaultSegmentSize)
    {
        using var log = RecordLog.Open(new FileDisk(folder), "blocks", segmentSize);
        foreach (var block in Blocks)
        {
            log.Append(block.ToBytes());
            log.Flush();
        }
        foreach (var file in from is null ? [] : Directory.EnumerateFiles(from).Where(path => !Path.GetFileName(path).StartsWith("blocks-", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
    }

    /// <summary>Makes root, parents and certificates good again from a block on, as a validator that cheats would.</summary>
    public void Certify(TestKeys keys, int from = 0)
    {
        for (var at = from; at < Blocks.Count; at++)
        {
            var block = Blocks[at];
            block.Replace("transactions_root", block.Root());
            if (at > 0)
                block.Replace("parent", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Blocks[at - 1].Header)));
            block.Certificate = keys.Certify(block.Header, block.Height);
        }
    }

    /// <summary>The first leaf whose outcome holds the text and whose transaction's payload holds the other.</summary>
    public (EditableBlock Block, EditableLeaf Leaf) Find(string payload, string outcome = "") => (
        from block in Blocks
        from leaf in block.Leaves
        where leaf.Payload.Contains(payload, StringComparison.Ordinal) && Encoding.UTF8.GetString(leaf.Outcome).Contains(outcome, StringComparison.Ordinal)
        select (block, leaf)).First();
}

internal sealed class EditableBlock
{
    public byte Version { get; set; } = 1;

    public byte[] Header { get; set; } = [];

    public byte[] Proof { get; set; } = [];

    public byte[] Certificate { get; set; } = [];

    /// <summary>The list of the validators that the header announces; in version 2 only.</summary>
    public byte[] NextValidators { get; set; } = [];

    public List<EditableLeaf> Leaves { get; } = [];

    public string HeaderText => Encoding.UTF8.GetString(Header);

    public long Height => long.Parse(Regex.Match(HeaderText, "\"height\":([0-9]+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);

    public static EditableBlock Read(byte[] bytes)
    {
        var at = 0;
        var block = new EditableBlock { Version = bytes[at++], Header = Field(), Proof = Field(), Certificate = Field() };
        if (block.Version == 2)
            block.NextValidators = Field();
        for (var left = Number(); left > 0; left--)
        {
            var leaf = new EditableLeaf { Id = Raw(32), IsDue = bytes[at++] == 1 };
            if (leaf.IsDue)
                leaf.Due = (Encoding.UTF8.GetString(Field()), Encoding.UTF8.GetString(Field()), BinaryPrimitives.ReadInt64BigEndian(Raw(8)), Field());
            else
                leaf.Transaction = Field();
            leaf.Outcome = Field();
            block.Leaves.Add(leaf);
        }
        Assert.Equal(bytes.Length, at);
        return block;

        byte[] Raw(int count) => bytes[at..(at += count)];
        int Number() => BinaryPrimitives.ReadInt32BigEndian(Raw(4));
        byte[] Field() => Raw(Number());
    }

    public byte[] ToBytes()
    {
        var bytes = new List<byte> { Version };
        Field(Header);
        Field(Proof);
        Field(Certificate);
        if (Version == 2)
            Field(NextValidators);
        Number(Leaves.Count);
        foreach (var leaf in Leaves)
        {
            bytes.AddRange(leaf.Id);
            bytes.Add(leaf.IsDue ? (byte)1 : (byte)0);
            if (leaf.IsDue)
            {
                Field(Encoding.UTF8.GetBytes(leaf.Due.Contract));
                Field(Encoding.UTF8.GetBytes(leaf.Due.Timer));
                var time = new byte[8];
                BinaryPrimitives.WriteInt64BigEndian(time, leaf.Due.Time);
                bytes.AddRange(time);
                Field(leaf.Due.Id);
            }
            else
            {
                Field(leaf.Transaction);
            }
            Field(leaf.Outcome);
        }
        return [.. bytes];

        void Number(int value)
        {
            var field = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(field, value);
            bytes.AddRange(field);
        }

        void Field(byte[] value)
        {
            Number(value.Length);
            bytes.AddRange(value);
        }
    }

    /// <summary>Puts another text value in a member of the header.</summary>
    public void Replace(string member, string value) => Header = Encoding.UTF8.GetBytes(Regex.Replace(HeaderText, $"\"{member}\":\"[^\"]*\"", $"\"{member}\":\"{value}\""));

    /// <summary>Puts another number in a member of the header.</summary>
    public void Replace(string member, long value) =>
        Header = Encoding.UTF8.GetBytes(Regex.Replace(HeaderText, $"\"{member}\":[0-9]+", $"\"{member}\":{value.ToString(System.Globalization.CultureInfo.InvariantCulture)}"));

    public string Root() => MerkleTree.Root([.. Leaves.Select(leaf => MerkleHash.Leaf(leaf.Id, leaf.Outcome))]).ToString();
}

internal sealed class EditableLeaf
{
    public byte[] Id { get; set; } = [];

    public bool IsDue { get; set; }

    public (string Contract, string Timer, long Time, byte[] Id) Due { get; set; }

    public byte[] Transaction { get; set; } = [];

    public byte[] Outcome { get; set; } = [];

    /// <summary>The payload of a compact transaction as text; empty for others.</summary>
    public string Payload => !IsDue && Encoding.ASCII.GetString(Transaction).Split('.') is [_, var payload, _] && Base64Url.TryDecode(payload, out var bytes)
        ? Encoding.UTF8.GetString(bytes)
        : "";

    public EditableLeaf Copy() => new() { Id = Id, IsDue = IsDue, Due = Due, Transaction = Transaction, Outcome = Outcome };
}
