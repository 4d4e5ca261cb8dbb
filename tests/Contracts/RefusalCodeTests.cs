using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Ledger;
using Counterfoil.Testing;

namespace Counterfoil.Contracts.Tests;

public class RefusalCodeTests
{
    public static TheoryData<string, string> Codes()
    {
        var data = new TheoryData<string, string>();
        void Add(string area, IReadOnlyList<RefusalCode> codes)
        {
            foreach (var code in codes)
                data.Add(area, code.Code);
        }

        Add("Accounts", AccountsRefusals.All);
        Add("Rights", RightsRefusals.All);
        Add("Anchors", AnchorsRefusals.All);
        Add("Registry", RegistryRefusals.All);
        Add("Certificates", CertificatesRefusals.All);
        Add("Certificates", NodeRefusals.All);
        Add("Governance", GovernanceRefusals.All);
        return data;
    }

    [Theory]
    [MemberData(nameof(Codes))]
    public void Code_OfAContract_IsStableInFormAndReachedByATest(string area, string code)
    {
        Assert.Matches("^[a-z][a-z0-9_]{0,39}$", code);
        // What no contract answers by itself but due work does, the rights' tests reach for all.
        var folders = code == "not_authorised" ? new[] { area, "Rights" } : [area];
        var tests = folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Shared.Root, "tests", "Contracts", folder), "*.cs", SearchOption.AllDirectories));
        Assert.Contains(tests, file => File.ReadAllText(file).Contains(code, StringComparison.Ordinal));
    }
}
