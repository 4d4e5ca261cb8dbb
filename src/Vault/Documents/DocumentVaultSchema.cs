using Counterfoil.Vault.Storage;

namespace Counterfoil.Vault.Documents;

internal static class DocumentVaultSchema
{
    public const string Component = "vault";

    // Keys are a table of their own so that long backups can leave it out (kernel.md section 5).
    public static readonly SchemaStep[] Steps =
    [
        new(1, """
            CREATE TABLE vault_master (id {integer} PRIMARY KEY, check_value {blob} NOT NULL) {strict};
            CREATE TABLE vault_documents (
              digest {blob} PRIMARY KEY, holding {integer} NOT NULL, record {blob}, sealed {blob},
              pending {integer} NOT NULL, stored_at {integer} NOT NULL, retain_until {integer} NOT NULL
            ) {strict};
            CREATE INDEX vault_documents_by_record ON vault_documents (record);
            CREATE INDEX vault_documents_by_retention ON vault_documents (holding, retain_until);
            CREATE INDEX vault_documents_by_pending ON vault_documents (pending, stored_at);
            CREATE TABLE vault_keys (
              digest {blob} PRIMARY KEY REFERENCES vault_documents (digest) ON DELETE CASCADE, wrapped {blob} NOT NULL
            ) {strict};
            CREATE TABLE vault_readers (
              digest {blob} NOT NULL REFERENCES vault_documents (digest) ON DELETE CASCADE, reader {blob} NOT NULL,
              PRIMARY KEY (digest, reader)
            ) {strict}
            """),
    ];
}
