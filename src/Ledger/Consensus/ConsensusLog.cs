using Counterfoil.Cryptography;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// The validator's write-ahead log: what it is about to sign, the blocks that it votes for with their bodies, and the prevotes that justify a lock, all
/// durable before a signature leaves. After a crash it says what this validator has said in the height that was open. Records begin with a number of
/// <see cref="Kind"/>; docs/storage.md lists the fields.
/// </summary>
internal sealed class ConsensusLog(IDisk disk) : IDisposable
{
    private const long BytesBeforeCleaning = 32 << 20;

    private readonly RecordLog log = RecordLog.Open(disk, "consensus");
    private long bytes;

    private enum Kind : byte
    {
        Block = 1,
        Sent = 2,
        Votes = 3,
        BlockWithAttachments = 4,
    }

    /// <summary>
    /// Takes a block up, with its transactions and what travels with them: whoever is to vote for it too takes neither without the other. Durable with the
    /// next <see cref="Flush"/>.
    /// </summary>
    public void Append(long height, ProposedBlock block, IReadOnlyCollection<Submission> bodies)
    {
        var hasAttachments = bodies.Any(body => body.Attachments.Count > 0);
        var writer = Begin(hasAttachments ? Kind.BlockWithAttachments : Kind.Block, height);
        block.Write(ref writer);
        foreach (var body in bodies)
            if (hasAttachments)
                SubmissionBytes.Write(ref writer, body);
            else
                writer.Bytes(body.Transaction.Span);
        End(ref writer);
    }

    /// <summary>Takes an own message up with what must not be forgotten; durable with the next <see cref="Flush"/>.</summary>
    public void Append(AgreementMemory memory, SentMessage sent)
    {
        var writer = Begin(Kind.Sent, memory.Height);
        writer.UInt32((uint)memory.Round);
        writer.Byte((byte)memory.Step);
        WriteRoundAndBlock(ref writer, memory.LockedRound, memory.LockedValue);
        WriteRoundAndBlock(ref writer, memory.ValidRound, memory.ValidValue);
        writer.Byte((byte)sent.Step);
        writer.UInt32((uint)sent.Round);
        WriteRoundAndBlock(ref writer, sent.ValidRound, sent.Block);
        End(ref writer);
    }

    /// <summary>Takes signed messages of others up; durable with the next <see cref="Flush"/>.</summary>
    public void Append(long height, IReadOnlyList<PeerMessage> messages)
    {
        var writer = Begin(Kind.Votes, height);
        writer.UInt32((uint)messages.Count);
        foreach (var message in messages)
            writer.Bytes(message.ToBytes());
        End(ref writer);
    }

    /// <summary>Makes durable what was taken up.</summary>
    /// <exception cref="LogWriteException">The disk failed: nothing that was taken up may be signed.</exception>
    public void Flush() => log.Flush();

    /// <summary>What the log says of a height that is not final.</summary>
    public ConsensusMemory Read(long height)
    {
        AgreementMemory? memory = null;
        List<SentMessage> sent = [];
        List<(ProposedBlock, IReadOnlyList<Submission>)> blocks = [];
        List<PeerMessage> messages = [];
        foreach (var record in log.ReadFrom(0))
        {
            var reader = new StateReader(record);
            var kind = (Kind)reader.Byte();
            if (reader.Int64() != height)
                continue;
            switch (kind)
            {
                case Kind.Block or Kind.BlockWithAttachments:
                    var block = ProposedBlock.Read(ref reader);
                    var bodies = new Submission[block.Transactions.Count];
                    for (var index = 0; index < bodies.Length; index++)
                        bodies[index] = kind == Kind.Block ? Submission.Of(reader.Bytes().ToArray()) : SubmissionBytes.Read(ref reader);
                    blocks.Add((block, bodies));
                    break;
                case Kind.Sent:
                    var (round, step) = ((int)reader.UInt32(), (Step)reader.Byte());
                    var (lockedRound, lockedValue) = ReadRoundAndBlock(ref reader);
                    var (validRound, validValue) = ReadRoundAndBlock(ref reader);
                    memory = new AgreementMemory(height, round, step, lockedRound, lockedValue, validRound, validValue);
                    var (sentStep, sentRound) = ((Step)reader.Byte(), (int)reader.UInt32());
                    var (proposalRound, value) = ReadRoundAndBlock(ref reader);
                    sent.Add(new SentMessage(sentStep, sentRound, value, proposalRound));
                    break;
                case Kind.Votes:
                    for (var left = reader.UInt32(); left > 0; left--)
                        if (PeerMessage.Parse(reader.Bytes().ToArray()) is { } message)
                            messages.Add(message);
                    break;
                default:
                    throw new StateFormatException("A record of the validator's log is of an unknown kind.");
            }
            reader.End();
        }
        return new ConsensusMemory(memory is null ? null : memory with { Sent = sent }, blocks, messages);
    }

    /// <summary>Forgets everything now and then; called when the height of all records is final.</summary>
    public void Clean()
    {
        if (bytes < BytesBeforeCleaning)
            return;
        log.TruncateTo(0);
        bytes = 0;
    }

    public void Dispose() => log.Dispose();

    private static StateWriter Begin(Kind kind, long height)
    {
        var writer = new StateWriter();
        writer.Byte((byte)kind);
        writer.Int64(height);
        return writer;
    }

    private void End(ref StateWriter writer)
    {
        log.Append(writer.Written);
        bytes += writer.Written.Length;
        writer.Dispose();
    }

    private static void WriteRoundAndBlock(ref StateWriter writer, int round, Digest<Block>? block)
    {
        writer.Int64(round);
        writer.Bool(block is not null);
        if (block is { } value)
            writer.Digest(value);
    }

    private static (int Round, Digest<Block>? Block) ReadRoundAndBlock(ref StateReader reader) =>
        ((int)reader.Int64(), reader.Bool() ? reader.Digest<Block>() : null);
}

/// <summary>What a validator had said and seen in a height when it stopped.</summary>
/// <param name="Memory">What the agreement goes on from; null if nothing was said.</param>
/// <param name="Blocks">Blocks that were voted for, with their transactions and what travels with these.</param>
/// <param name="Messages">Signed messages of others.</param>
internal sealed record ConsensusMemory(
    AgreementMemory? Memory, IReadOnlyList<(ProposedBlock Block, IReadOnlyList<Submission> Bodies)> Blocks, IReadOnlyList<PeerMessage> Messages);
