-- The seal. Postings and stretches are written first; the entry's insert checks them all and closes the door behind.
-- L5 a reversal mirrors an earlier entry; L7 a closed period takes nothing; L8 what a fund loses stands on its line;
-- L11 the entry has exactly the postings it counts, and nothing can join it later.
-- One look for a whole statement of entries. Most bring money in and touch no line: the laws of spending, taking back
-- and reversing are asked only where one of them could be concerned. A function keeps its plans as long as the session
-- lives, and tables grow meanwhile: so rows are always looked up by key, never by reading a table through.
-- forward
CREATE FUNCTION ledger_entry_seal() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
    SET jit = off AS $$
DECLARE
    entries integer;
    counted bigint;
    first uuid;
    last uuid;
    more boolean;
    fault text;
BEGIN
    -- Shared with other entries, exclusive against a closing period: neither can slip past the other.
    SELECT count(pg_advisory_xact_lock_shared(1279542599, n.book_id::integer)), sum(n.posting_count),
        min(n.id::text)::uuid, max(n.id::text)::uuid,
        bool_or(n.reverses_id IS NOT NULL OR n.kind IN ('REFUND', 'MATCH_RELEASE', 'DISPUTE_WITHDRAWN'))
    INTO entries, counted, first, last, more FROM news n;
    IF entries = 0 THEN
        RETURN NULL;
    END IF;
    -- Lines are unique and counted from one: where none is beyond its entry's count and there are as many as all entries
    -- count together, each entry has exactly its own. Ids are in time's order: one look from the first to the last tells
    -- whether there may be stretches.
    SELECT
        CASE
            WHEN count(*) <> counted OR bool_or(p.line > n.posting_count OR p.book_id <> n.book_id)
                THEN 'L11: the postings are not those the entry counts'
            WHEN EXISTS (
                SELECT 1 FROM news n JOIN ledger_period q
                ON q.book_id = n.book_id AND n.effective_on BETWEEN q.starts_on AND q.ends_on
            ) THEN 'L7: the period is closed'
        END,
        more OR bool_or(d.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))
        OR EXISTS (SELECT 1 FROM ledger_lotuse u WHERE u.entry_id BETWEEN first AND last)
        OR EXISTS (SELECT 1 FROM ledger_lothole h WHERE h.entry_id BETWEEN first AND last)
        OR EXISTS (SELECT 1 FROM ledger_lotcover v WHERE v.entry_id BETWEEN first AND last)
    INTO fault, more
    FROM news n
    JOIN ledger_posting p ON p.entry_id = n.id
    JOIN ledger_account d ON d.id = p.debit_account_id;
    IF fault IS NULL AND more THEN
        SELECT CASE
            WHEN EXISTS (
                SELECT 1 FROM (
                    SELECT p.fund_id AS fund_id, 0::bigint AS taken, p.amount_minor * (
                        (c.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))::integer
                        - (d.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))::integer
                    ) AS net
                    FROM ledger_posting p
                    JOIN ledger_account c ON c.id = p.credit_account_id
                    JOIN ledger_account d ON d.id = p.debit_account_id
                    WHERE p.entry_id = n.id
                    UNION ALL
                    SELECT u.fund_id, u.stop - u.start, 0 FROM ledger_lotuse u
                    WHERE u.entry_id = n.id AND u.kind = 'SPEND'
                    UNION ALL
                    SELECT h.fund_id, h.stop - h.start, 0 FROM ledger_lothole h WHERE h.entry_id = n.id
                ) moves GROUP BY fund_id HAVING sum(taken) <> greatest(-sum(net), 0)
            ) THEN 'L8: what a fund loses must stand on its line, to the unit'
            WHEN n.reverses_id IS NULL AND n.kind NOT IN ('REFUND', 'MATCH_RELEASE', 'DISPUTE_WITHDRAWN')
                AND EXISTS (SELECT 1 FROM ledger_lothole h WHERE h.entry_id = n.id)
                THEN 'L8: only money taken back or reversed makes holes'
            WHEN (SELECT coalesce(sum(v.stop - v.start), 0) FROM ledger_lotcover v WHERE v.entry_id = n.id) <> (CASE
                WHEN n.kind IN ('REFUND', 'MATCH_RELEASE', 'DISPUTE_WITHDRAWN') THEN (
                    SELECT coalesce(sum(p.amount_minor), 0)
                    FROM ledger_posting p JOIN ledger_account d ON d.id = p.debit_account_id
                    WHERE p.entry_id = n.id AND d.code IN ('5401.refund-cover', '1122.deficit')
                ) ELSE 0 END)
                THEN 'L8: covers are as long as what another fund bears'
            WHEN n.reverses_id IS NOT NULL AND (
                NOT EXISTS (
                    SELECT 1 FROM ledger_journalentry o
                    WHERE o.id = n.reverses_id AND o.book_id = n.book_id AND o.posting_count = n.posting_count
                        AND (o.recorded_at, o.id) < (n.recorded_at, n.id)
                )
                OR EXISTS (
                    SELECT 1 FROM ledger_posting o
                    LEFT JOIN ledger_posting m ON m.entry_id = n.id AND m.line = o.line AND m.fund_id = o.fund_id
                        AND m.debit_account_id = o.credit_account_id AND m.credit_account_id = o.debit_account_id
                        AND m.amount_minor = o.amount_minor AND m.currency = o.currency
                    WHERE o.entry_id = n.reverses_id AND m.entry_id IS NULL
                )
            ) THEN 'L5: a reversal mirrors one earlier entry of the same book'
        END AS found INTO fault
        FROM news n ORDER BY found LIMIT 1;
    END IF;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = fault;
    END IF;
    INSERT INTO ledger_outbox (subject_id, is_notice, recorded_at) SELECT n.id, false, n.recorded_at FROM news n;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_entry_seal AFTER INSERT ON ledger_journalentry REFERENCING NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_seal();

-- Stretches join an entry after its first line and before its seal, seen in one look: see the law of the postings.
CREATE FUNCTION ledger_after_seal() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM news n
        WHERE NOT EXISTS (SELECT 1 FROM ledger_posting p WHERE p.entry_id = n.entry_id AND p.line = 1 OFFSET 0)
            OR EXISTS (SELECT 1 FROM ledger_journalentry e WHERE e.id = n.entry_id)
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000',
            MESSAGE = format('L11: the entry is sealed, or another session writes it; nothing can join it (%s)', TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_lotuse_after_seal AFTER INSERT ON ledger_lotuse REFERENCING NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_after_seal();
CREATE TRIGGER ledger_lothole_after_seal AFTER INSERT ON ledger_lothole REFERENCING NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_after_seal();
CREATE TRIGGER ledger_lotcover_after_seal AFTER INSERT ON ledger_lotcover REFERENCING NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_after_seal();

CREATE FUNCTION ledger_notice_outbox() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_outbox (subject_id, is_notice, recorded_at) SELECT n.id, true, n.recorded_at FROM news n;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_notice_outbox AFTER INSERT ON ledger_notice REFERENCING NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_notice_outbox();

CREATE FUNCTION ledger_period_disjoint() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1279542599, NEW.book_id::integer);
    IF EXISTS (
        SELECT 1 FROM ledger_period q
        WHERE q.book_id = NEW.book_id AND q.starts_on <= NEW.ends_on AND q.ends_on >= NEW.starts_on
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L7: these days are closed already';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_period_disjoint BEFORE INSERT ON ledger_period
    FOR EACH ROW EXECUTE FUNCTION ledger_period_disjoint();
-- reverse
DROP TRIGGER ledger_entry_seal ON ledger_journalentry;
DROP TRIGGER ledger_lotuse_after_seal ON ledger_lotuse;
DROP TRIGGER ledger_lothole_after_seal ON ledger_lothole;
DROP TRIGGER ledger_lotcover_after_seal ON ledger_lotcover;
DROP TRIGGER ledger_notice_outbox ON ledger_notice;
DROP TRIGGER ledger_period_disjoint ON ledger_period;
DROP FUNCTION ledger_entry_seal();
DROP FUNCTION ledger_after_seal();
DROP FUNCTION ledger_notice_outbox();
DROP FUNCTION ledger_period_disjoint();
