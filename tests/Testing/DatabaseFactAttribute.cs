using Xunit.Abstractions;
using Xunit.Sdk;

namespace Counterfoil.Testing;

/// <summary>Marks a test class whose facts run against PostgreSQL.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsPostgreSqlAttribute : Attribute;

/// <summary>
/// A fact of a suite that runs against several databases: in a class marked <see cref="NeedsPostgreSqlAttribute"/> it is skipped, saying
/// so, where the tests were told to do without PostgreSQL.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Counterfoil.Testing.DatabaseFactDiscoverer", "Counterfoil.Testing")]
public sealed class DatabaseFactAttribute : FactAttribute;

/// <summary>Makes the test cases of <see cref="DatabaseFactAttribute"/>.</summary>
public sealed class DatabaseFactDiscoverer(IMessageSink diagnostics) : FactDiscoverer(diagnostics)
{
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        new DatabaseTestCase(
            DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod);
}

/// <summary>A test case that looks at its class for whether it is to be skipped.</summary>
public sealed class DatabaseTestCase : XunitTestCase
{
    [Obsolete("For the test framework's deserialiser only.")]
    public DatabaseTestCase()
    {
    }

    public DatabaseTestCase(
        IMessageSink diagnostics, TestMethodDisplay display, TestMethodDisplayOptions displayOptions, ITestMethod testMethod)
        : base(diagnostics, display, displayOptions, testMethod)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) =>
        PostgreSqlServer.IsOptedOut && TestMethod.TestClass.Class.GetCustomAttributes(typeof(NeedsPostgreSqlAttribute)).Any()
            ? $"{PostgreSqlServer.OptOutVariable}=1"
            : base.GetSkipReason(factAttribute);
}
