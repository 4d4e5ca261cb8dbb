using System.Data;
using System.Data.Common;

namespace Counterfoil.Vault.Storage;

/// <summary>A transaction of a session. Disposed without <see cref="Commit"/>, it is rolled back.</summary>
public sealed class DatabaseTransaction : IDisposable
{
    private readonly DatabaseSession session;
    private bool ended;

    internal DatabaseTransaction(DatabaseSession session, DbTransaction inner)
    {
        this.session = session;
        Inner = inner;
    }

    internal DbTransaction Inner { get; }

    /// <summary>Makes the changes final; with <see cref="Durability.Full"/> they are on disk when this returns.</summary>
    public void Commit()
    {
        ObjectDisposedException.ThrowIf(ended, this);
        Inner.Commit();
        End();
    }

    /// <summary>Rolls back what was not committed.</summary>
    public void Dispose()
    {
        if (ended)
            return;
        try
        {
            // A lost connection has rolled back by itself, and the fault that told of it is on its way up.
            if (session.Connection.State == ConnectionState.Open)
                Inner.Rollback();
        }
        finally
        {
            End();
        }
    }

    private void End()
    {
        ended = true;
        session.End(this);
        Inner.Dispose();
    }
}
