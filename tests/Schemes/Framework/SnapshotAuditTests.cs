using Counterfoil.Schemes.Conformance;

namespace Counterfoil.Schemes.Tests;

/// <summary>The auditor itself: a walk whose balances were tampered with would be noticed.</summary>
public sealed class SnapshotAuditTests(WalkedScheme<Tips.Tips> walked) : IClassFixture<WalkedScheme<Tips.Tips>>
{
    [Fact]
    public void Value_OneUnitAdded_IsFound()
    {
        var conformance = new Tips.TipsConformanceTests(walked);
        conformance.Value_OfEveryAsset_IsNeitherCreatedNorDestroyed();
        // The waiter's three units are the last byte of a row; the guest's seven of another.
        var at = FindUnits(walked.Snapshot, 7);
        walked.Snapshot[at]++;

        Assert.ThrowsAny<Xunit.Sdk.XunitException>(conformance.Value_OfEveryAsset_IsNeitherCreatedNorDestroyed);
    }

    private static int FindUnits(byte[] snapshot, byte units)
    {
        byte[] pattern = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, units];
        var at = snapshot.AsSpan().IndexOf(pattern);
        Assert.True(at >= 0);
        return at + pattern.Length - 1;
    }
}
