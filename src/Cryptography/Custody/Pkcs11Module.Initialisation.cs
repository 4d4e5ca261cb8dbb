using System.Text;

namespace Counterfoil.Cryptography.Custody;

/// <summary>What a slot says of the token in it.</summary>
internal readonly record struct TokenSlot(nuint Slot, string Label, nuint Flags)
{
    internal bool IsInitialized => (Flags & Pkcs11.TokenInitialized) != 0;

    internal bool HasUserPin => (Flags & Pkcs11.UserPinInitialized) != 0;
}

/// <summary>The calls that make a token. <b>Source:</b> PKCS#11 2.40, sections 5.5 and 5.6.</summary>
internal sealed unsafe partial class Pkcs11Module
{
    // Positions in CK_FUNCTION_LIST.
    private const int InitTokenAt = 9, InitPinAt = 10;

    private const int TokenFlagsOffset = 96; // after label, manufacturer, model and serial number

    internal List<TokenSlot> Slots()
    {
        var list = (delegate* unmanaged[Cdecl]<byte, nuint*, nuint*, nuint>)functions[GetSlotList];
        var slots = stackalloc nuint[MaximumSlots];
        nuint count = 0;
        // Only a call without a list makes a module look for slots that came since (section 5.5,
        // C_GetSlotList).
        Require(list(1, null, &count), "C_GetSlotList");
        count = MaximumSlots;
        Require(list(1, slots, &count), "C_GetSlotList");
        var info = stackalloc byte[TokenInfoBytes];
        var found = new List<TokenSlot>();
        for (nuint index = 0; index < count; index++)
        {
            if (((delegate* unmanaged[Cdecl]<nuint, byte*, nuint>)functions[GetTokenInfo])(slots[index], info) != Pkcs11.Ok)
                continue;
            var label = Encoding.UTF8.GetString(info, TokenLabelBytes).TrimEnd(' ');
            found.Add(new TokenSlot(slots[index], label, *(nuint*)(info + TokenFlagsOffset)));
        }
        return found;
    }

    internal void InitializeToken(nuint slot, string label, ReadOnlySpan<byte> securityOfficerPin)
    {
        var padded = Encoding.UTF8.GetBytes(label.PadRight(TokenLabelBytes));
        fixed (byte* pin = securityOfficerPin, name = padded)
        {
            var initialize = (delegate* unmanaged[Cdecl]<nuint, byte*, nuint, byte*, nuint>)functions[InitTokenAt];
            Require(initialize(slot, pin, (nuint)securityOfficerPin.Length, name), "C_InitToken");
        }
    }

    internal void InitializeUserPin(nuint slot, ReadOnlySpan<byte> securityOfficerPin, ReadOnlySpan<byte> userPin)
    {
        // The security officer's login ends with the only session of this process on the slot.
        var session = OpenSession(slot);
        try
        {
            Login(session, securityOfficerPin, Pkcs11.SecurityOfficer);
            fixed (byte* pin = userPin)
            {
                var initialize = (delegate* unmanaged[Cdecl]<nuint, byte*, nuint, nuint>)functions[InitPinAt];
                Require(initialize(session, pin, (nuint)userPin.Length), "C_InitPIN");
            }
        }
        finally
        {
            CloseSession(session);
        }
    }
}
