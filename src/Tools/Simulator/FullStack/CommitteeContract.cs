using System.Text;
using System.Text.Json.Serialization;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using ExecutionContext = Counterfoil.Ledger.Execution.ExecutionContext;

namespace Counterfoil.Simulator.FullStack;

/// <summary>Names the validators as it is told, and has work become due: what a schedule needs of a ledger and no product has.</summary>
internal sealed class CommitteeContract : Contract, IValidatorDirectory
{
    private static readonly TextKey Present = new("present");
    private static readonly RefusalCode RungAlready = new("rung_already", "This alarm rang before.");

    private Table<TextKey, MembersRow> members = null!;
    private Table<TextKey, AlarmRow> alarms = null!;

    public override string Name => "committee";

    public IReadOnlyList<Validator> Validators => members.TryGet(Present, out var row) ? row.Set.Validators : [];

    public override void Register(ContractRegistration registration)
    {
        members = registration.Table<TextKey, MembersRow>("members");
        alarms = registration.Table<TextKey, AlarmRow>("alarms");
        registration.Action("set", CommitteeJson.Instance.MembersMessage, Set);
        registration.Action("alarm", CommitteeJson.Instance.AlarmMessage, SetAlarm);
        registration.Timer("ring", Ring);
    }

    public void Begin(ExecutionContext context, IReadOnlyList<Validator> first) => members.Set(Present, new MembersRow(new ValidatorSet(first)));

    private Refusal? Set(ExecutionContext context, MembersMessage message)
    {
        members.Set(Present, new MembersRow(new ValidatorSet(message.Validators)));
        return null;
    }

    private Refusal? SetAlarm(ExecutionContext context, AlarmMessage message)
    {
        context.Schedule("ring", new Timestamp(message.At), Encoding.UTF8.GetBytes(message.Name));
        return null;
    }

    // Rings in two blocks, so that work goes on in a later one.
    private DueOutcome Ring(ExecutionContext context, DueWork work)
    {
        var key = new TextKey(Encoding.UTF8.GetString(work.Id.Span));
        var rung = alarms.TryGet(key, out var row) ? row.Rung : 0;
        if (rung >= 2)
            return DueOutcome.Failed(RungAlready);
        alarms.Set(key, new AlarmRow(rung + 1));
        return rung == 0 ? DueOutcome.More : DueOutcome.Done;
    }
}

/// <summary>The validators. Bytes: as <see cref="ValidatorSet.Bytes"/>.</summary>
internal sealed record MembersRow(ValidatorSet Set) : IStateRow<MembersRow>
{
    public void Write(ref StateWriter writer) => writer.Bytes(Set.Bytes);

    public static MembersRow Read(ref StateReader reader) =>
        new(ValidatorSet.TryParse(reader.Bytes(), out var set) ? set : throw new StateFormatException("A row of committee.members holds no validators."));
}

/// <summary>How often an alarm rang.</summary>
internal readonly record struct AlarmRow(long Rung) : IStateRow<AlarmRow>
{
    public void Write(ref StateWriter writer) => writer.Int64(Rung);

    public static AlarmRow Read(ref StateReader reader) => new(reader.Int64());
}

internal sealed record MembersMessage(IReadOnlyList<Validator> Validators);

internal sealed record AlarmMessage(string Name, long At);

[JsonSerializable(typeof(MembersMessage))]
[JsonSerializable(typeof(AlarmMessage))]
internal sealed partial class CommitteeJson : JsonSerializerContext
{
    public static CommitteeJson Instance { get; } = new(MessageJson.NewOptions());
}
