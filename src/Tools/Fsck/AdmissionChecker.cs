using System.Globalization;

namespace Counterfoil.Tools;

/// <summary>Checks the admission journal's frames and records (docs/storage.md, Admission journal).</summary>
internal sealed class AdmissionChecker(string folder, StoredGenesis genesis, Findings findings)
{
    public void Check()
    {
        foreach (var name in (string[])["admission-a", "admission-b"])
        {
            var number = 0;
            foreach (var record in new LogReader(folder, name, findings).Records())
            {
                if (findings.IsFull)
                    return;
                findings.Require(
                    IsSubmission(record.Span), FindingCode.AdmissionMalformed, 0, $"It is record {number.ToString(CultureInfo.InvariantCulture)} of {name}.");
                number++;
            }
        }
    }

    private bool IsSubmission(ReadOnlySpan<byte> record)
    {
        var reader = new ByteReader(record);
        var transaction = StoredTransaction.Read(reader.Bytes().ToArray());
        var isWhole = transaction is not null && transaction.Net == genesis.Net;
        for (var attachments = reader.UInt32(); attachments > 0 && !reader.IsFailed; attachments--)
        {
            isWhole &= reader.Hash() == Hash.Of(reader.Bytes());
            for (var readers = reader.UInt32(); readers > 0 && !reader.IsFailed; readers--)
                reader.Hash();
        }
        return isWhole && reader.IsDone;
    }
}
