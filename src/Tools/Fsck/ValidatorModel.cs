namespace Counterfoil.Tools;

/// <summary>
/// Who certifies which block: genesis' validators, then those that each header announces for the block after
/// it, whose list stands in the block.
/// </summary>
internal sealed class ValidatorModel
{
    private readonly Findings findings;
    private readonly Dictionary<Hash, StoredValidators> known = [];
    // Those that were announced for the next block; null after a block that could not be read.
    private Hash? announced;

    public ValidatorModel(StoredGenesis genesis, Findings findings)
    {
        this.findings = findings;
        known.Add(genesis.Validators.Digest, genesis.Validators);
        announced = genesis.Validators.Digest;
    }

    /// <summary>How many changes were followed.</summary>
    public int Changes { get; private set; }

    /// <summary>The validators that a block names; null, with a finding, if nobody knows them.</summary>
    public StoredValidators? Check(StoredBlock block, StoredHeader header)
    {
        findings.Require(
            announced is not { } expected || header.Validators == expected, FindingCode.WrongValidators, header.Height);
        var present = known.GetValueOrDefault(header.Validators);
        findings.Require(present is not null, FindingCode.ValidatorsUnknown, header.Height);
        announced = header.NextValidators;
        if (header.NextValidators == header.Validators)
        {
            findings.Require(block.NextValidators.Length == 0, FindingCode.ValidatorsList, header.Height);
            return present;
        }
        var next = StoredValidators.ReadList(block.NextValidators);
        if (findings.Require(next?.Digest == header.NextValidators, FindingCode.ValidatorsList, header.Height))
        {
            known[header.NextValidators] = next!;
            Changes++;
        }
        return present;
    }

    /// <summary>Passes a block over that cannot be read: it may have announced others.</summary>
    public void Skip() => announced = null;
}
