using System.Collections.Concurrent;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// A login to one token and the sessions that share it. A session does one operation at a time, so each call
/// rents one. The login ends with the last session, so one is kept apart for it. The store and every handle
/// hold a share: all is closed with the last of them.
/// </summary>
internal sealed class TokenConnection
{
    private readonly Pkcs11Module module;
    private readonly nuint slot;
    private readonly nuint login;
    private readonly ConcurrentBag<nuint> idle = [];
    private readonly Lock guard = new();
    private int shares = 1;

    internal TokenConnection(Pkcs11Module module, string tokenLabel, ReadOnlySpan<byte> pin)
    {
        this.module = module;
        slot = module.FindSlot(tokenLabel);
        login = module.OpenSession(slot);
        try
        {
            module.Login(login, pin);
        }
        catch
        {
            module.CloseSession(login);
            throw;
        }
    }

    internal TokenConnection Share()
    {
        lock (guard)
        {
            ObjectDisposedException.ThrowIf(shares == 0, this);
            shares++;
        }
        return this;
    }

    internal void Release()
    {
        lock (guard)
        {
            if (shares == 0 || --shares > 0)
                return;
        }
        while (idle.TryTake(out var session))
            module.CloseSession(session);
        module.CloseSession(login);
    }

    /// <summary>
    /// Runs one operation in a session of its own; a session in which something failed is closed, not reused.
    /// </summary>
    internal TResult Use<TResult>(Func<Pkcs11Module, nuint, TResult> operation)
    {
        Share();
        try
        {
            if (!idle.TryTake(out var session))
                session = module.OpenSession(slot);
            try
            {
                var result = operation(module, session);
                idle.Add(session);
                return result;
            }
            catch
            {
                module.CloseSession(session);
                throw;
            }
        }
        finally
        {
            Release();
        }
    }
}
