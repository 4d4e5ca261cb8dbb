using Counterfoil.Vault.Storage;

namespace Counterfoil.Host.Admission;

/// <summary>
/// The tables of a shared pool, and the functions by which it is changed: one round trip and one commit for a whole batch. Every change takes the lock of
/// the one row of <c>admission_pool</c> first, so that changes happen one after the other and arrivals become visible in their order.
/// </summary>
internal static class PostgresPoolSchema
{
    public const string Component = "admission";

    public static IReadOnlyList<SchemaStep> Steps { get; } =
    [
        new SchemaStep(1, """
            CREATE TABLE admission_pool (
              one boolean PRIMARY KEY DEFAULT true CHECK (one), net {blob} NOT NULL, node {blob} NOT NULL, waiting {integer} NOT NULL
            ) WITH (fillfactor = 20);
            CREATE TABLE admission_transactions (
              arrival {serial}, replay_key {blob} NOT NULL UNIQUE, id {blob} NOT NULL, expires {integer} NOT NULL,
              received {integer} NOT NULL, bytes {blob} NOT NULL, holds {blob} NOT NULL
            );
            CREATE TABLE admission_reservations (
              subject {blob} PRIMARY KEY, held numeric(39, 0) NOT NULL CHECK (held >= 0)
            ) WITH (fillfactor = 70);
            CREATE TABLE admission_attestations (
              last_arrival {integer} PRIMARY KEY, first_arrival {integer} NOT NULL, attestation {blob} NOT NULL
            )
            """),
        new SchemaStep(2, Insertion),
        new SchemaStep(3, Removal),
        new SchemaStep(4, InsertionOfAll),
    ];

    // outcome: 0 added, -1 present, -2 replayed, -3 full, else the number of the claim that has no room.
    // Claims come in the order of their transactions; with no two transactions of one replay key.
    // Index scans are wanted whatever the statistics say of tables that fill and empty within seconds.
    private const string Insertion = """
        CREATE FUNCTION admission_insert(
          p_attestation bytea, p_received bigint, p_maximum bigint,
          p_replay bytea[], p_id bytea[], p_expires bigint[], p_bytes bytea[], p_holds bytea[],
          p_claim_of integer[], p_claim bytea[], p_amount numeric[], p_capacity numeric[],
          OUT outcome integer[], OUT received bigint[])
        LANGUAGE plpgsql SET enable_seqscan TO off SET plan_cache_mode TO force_generic_plan AS $body$
        DECLARE
          v_waiting bigint;
          v_new bigint;
          v_first bigint;
          v_last bigint;
          v_claim integer := 1;
          v_claims integer := coalesce(array_length(p_claim, 1), 0);
          v_from integer;
          v_room boolean;
        BEGIN
          SELECT p.waiting INTO v_waiting FROM admission_pool p WHERE p.one FOR UPDATE;
          SELECT array_agg(CASE WHEN f.id IS NULL THEN 0 WHEN f.id = f.wanted THEN -1 ELSE -2 END ORDER BY f.n), array_agg(f.received ORDER BY f.n),
                 count(*) FILTER (WHERE f.id IS NULL)
            INTO outcome, received, v_new
            FROM (SELECT u.n, u.id AS wanted, t.id, coalesce(t.received, p_received) AS received
                    FROM unnest(p_replay, p_id) WITH ORDINALITY AS u(replay_key, id, n)
                    LEFT JOIN LATERAL (SELECT w.id, w.received FROM admission_transactions w WHERE w.replay_key = u.replay_key LIMIT 1) t ON true) f;
          IF v_new = 0 THEN
            RETURN;
          END IF;
          IF v_waiting + v_new > p_maximum THEN
            outcome := ARRAY(SELECT CASE WHEN o = 0 THEN -3 ELSE o END FROM unnest(outcome) WITH ORDINALITY AS u(o, n) ORDER BY n);
            RETURN;
          END IF;
          IF EXISTS (
            SELECT 1 FROM (SELECT c.subject, sum(c.amount) AS wanted, min(c.capacity) AS capacity
                             FROM unnest(p_claim_of, p_claim, p_amount, p_capacity) AS c(of_transaction, subject, amount, capacity)
                            WHERE outcome[c.of_transaction] = 0 GROUP BY c.subject) w
             WHERE w.wanted + coalesce((SELECT r.held FROM admission_reservations r WHERE r.subject = w.subject), 0) > w.capacity)
          THEN
            -- Somebody wants what others hold: one transaction after the other, in their order.
            FOR i IN 1 .. array_length(p_replay, 1) LOOP
              v_from := v_claim;
              v_room := outcome[i] = 0;
              WHILE v_claim <= v_claims AND p_claim_of[v_claim] = i LOOP
                IF v_room AND p_amount[v_claim]
                    + coalesce((SELECT r.held FROM admission_reservations r WHERE r.subject = p_claim[v_claim]), 0)
                    + coalesce((SELECT sum(p_amount[k]) FROM generate_series(v_from, v_claim - 1) AS k WHERE p_claim[k] = p_claim[v_claim]), 0)
                    > p_capacity[v_claim] THEN
                  outcome[i] := v_claim;
                  v_room := false;
                END IF;
                v_claim := v_claim + 1;
              END LOOP;
              IF v_room AND v_from < v_claim THEN
                FOR k IN v_from .. v_claim - 1 LOOP
                  INSERT INTO admission_reservations AS r (subject, held) VALUES (p_claim[k], p_amount[k])
                    ON CONFLICT (subject) DO UPDATE SET held = r.held + excluded.held;
                END LOOP;
              END IF;
            END LOOP;
          ELSE
            INSERT INTO admission_reservations AS r (subject, held)
              SELECT c.subject, sum(c.amount) FROM unnest(p_claim_of, p_claim, p_amount) AS c(of_transaction, subject, amount)
               WHERE outcome[c.of_transaction] = 0 GROUP BY c.subject
              ON CONFLICT (subject) DO UPDATE SET held = r.held + excluded.held;
          END IF;
          WITH added AS (
            INSERT INTO admission_transactions (replay_key, id, expires, received, bytes, holds)
              SELECT u.replay_key, u.id, u.expires, p_received, u.bytes, u.holds
                FROM unnest(p_replay, p_id, p_expires, p_bytes, p_holds, outcome) WITH ORDINALITY
                  AS u(replay_key, id, expires, bytes, holds, o, n)
               WHERE u.o = 0 ORDER BY u.n
              RETURNING arrival)
          SELECT count(*), min(a.arrival), max(a.arrival) INTO v_new, v_first, v_last FROM added a;
          IF v_new > 0 THEN
            INSERT INTO admission_attestations (last_arrival, first_arrival, attestation) VALUES (v_last, v_first, p_attestation);
            UPDATE admission_pool p SET waiting = p.waiting + v_new WHERE p.one;
            PERFORM pg_notify('counterfoil_admission', '');
          END IF;
        END $body$
        """;

    // Inserts all or changes nothing: what nearly every batch needs, for two thirds of the work. The keys' uniqueness finds what is there already, and what claims
    // come to is asked for once they are held. Subjects differ, with the totals of the batch; batches meet them in one order.
    private const string InsertionOfAll = """
        CREATE FUNCTION admission_insert_all(
          p_attestation bytea, p_received bigint, p_maximum bigint,
          p_replay bytea[], p_id bytea[], p_expires bigint[], p_bytes bytea[], p_holds bytea[],
          p_subject bytea[], p_total numeric[], p_capacity numeric[]) RETURNS boolean
        LANGUAGE plpgsql SET enable_seqscan TO off SET plan_cache_mode TO force_generic_plan AS $body$
        DECLARE
          v_new bigint := array_length(p_replay, 1);
          v_last bigint;
          v_over boolean;
        BEGIN
          UPDATE admission_pool p SET waiting = p.waiting + v_new WHERE p.one AND p.waiting + v_new <= p_maximum;
          IF NOT FOUND THEN
            RETURN false;
          END IF;
          INSERT INTO admission_transactions (replay_key, id, expires, received, bytes, holds)
            SELECT u.replay_key, u.id, u.expires, p_received, u.bytes, u.holds
              FROM unnest(p_replay, p_id, p_expires, p_bytes, p_holds) AS u(replay_key, id, expires, bytes, holds);
          -- Only who holds the pool's lock draws numbers, so these are the last ones without a gap.
          v_last := lastval();
          WITH held AS (
            INSERT INTO admission_reservations AS r (subject, held)
              SELECT s.subject, s.total FROM unnest(p_subject, p_total) AS s(subject, total) ORDER BY s.subject
              ON CONFLICT (subject) DO UPDATE SET held = r.held + excluded.held
              RETURNING r.subject, r.held)
          SELECT EXISTS (
            SELECT 1 FROM held h JOIN unnest(p_subject, p_capacity) AS s(subject, capacity) ON s.subject = h.subject WHERE h.held > s.capacity) INTO v_over;
          IF v_over THEN
            RAISE check_violation;
          END IF;
          INSERT INTO admission_attestations (last_arrival, first_arrival, attestation) VALUES (v_last, v_last - v_new + 1, p_attestation);
          PERFORM pg_notify('counterfoil_admission', '');
          RETURN true;
        EXCEPTION WHEN unique_violation OR check_violation OR numeric_value_out_of_range THEN
          RETURN false;
        END $body$
        """;

    private const string Removal = """
        CREATE FUNCTION admission_remove(p_arrival bigint[], p_hold_of bigint[], p_subject bytea[], p_amount numeric[]) RETURNS bigint
        LANGUAGE plpgsql SET enable_seqscan TO off SET plan_cache_mode TO force_generic_plan AS $body$
        DECLARE
          v_gone bigint[];
        BEGIN
          PERFORM 1 FROM admission_pool p WHERE p.one FOR UPDATE;
          WITH gone AS (DELETE FROM admission_transactions t WHERE t.arrival = ANY (p_arrival) RETURNING t.arrival)
          SELECT array_agg(g.arrival) INTO v_gone FROM gone g;
          IF v_gone IS NULL THEN
            RETURN 0;
          END IF;
          UPDATE admission_reservations r SET held = r.held - f.amount
            FROM (SELECT h.subject, sum(h.amount) AS amount FROM unnest(p_hold_of, p_subject, p_amount) AS h(arrival, subject, amount)
                   WHERE h.arrival = ANY (v_gone) GROUP BY h.subject) f
           WHERE r.subject = f.subject;
          DELETE FROM admission_reservations r WHERE r.subject = ANY (p_subject) AND r.held = 0;
          DELETE FROM admission_attestations a
           WHERE a.last_arrival < coalesce((SELECT min(t.arrival) FROM admission_transactions t), 9223372036854775807);
          UPDATE admission_pool p SET waiting = p.waiting - array_length(v_gone, 1) WHERE p.one;
          RETURN array_length(v_gone, 1);
        END $body$
        """;
}
