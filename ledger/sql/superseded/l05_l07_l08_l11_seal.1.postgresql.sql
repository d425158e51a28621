-- The seal. Postings and stretches are written first; the entry's insert checks them all and closes the door behind.
-- L5 a reversal mirrors an earlier entry; L7 a closed period takes nothing; L8 what a fund loses stands on its line;
-- L11 the entry has exactly the postings it counts, and nothing can join it later: a foreign key over (entry,
-- transaction) keeps other sessions out even before this one has committed.
-- forward
ALTER TABLE ledger_journalentry ADD COLUMN tx bigint NOT NULL;
ALTER TABLE ledger_posting ADD COLUMN tx bigint NOT NULL;
ALTER TABLE ledger_lotuse ADD COLUMN tx bigint NOT NULL;
ALTER TABLE ledger_lothole ADD COLUMN tx bigint NOT NULL;
ALTER TABLE ledger_lotcover ADD COLUMN tx bigint NOT NULL;
ALTER TABLE ledger_journalentry ADD CONSTRAINT ledger_entry_tx UNIQUE (id, tx);
ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_sealed FOREIGN KEY (entry_id, tx)
    REFERENCES ledger_journalentry (id, tx) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ledger_lotuse ADD CONSTRAINT ledger_lotuse_sealed FOREIGN KEY (entry_id, tx)
    REFERENCES ledger_journalentry (id, tx) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ledger_lothole ADD CONSTRAINT ledger_lothole_sealed FOREIGN KEY (entry_id, tx)
    REFERENCES ledger_journalentry (id, tx) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ledger_lotcover ADD CONSTRAINT ledger_lotcover_sealed FOREIGN KEY (entry_id, tx)
    REFERENCES ledger_journalentry (id, tx) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION ledger_after_seal() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    NEW.tx := pg_current_xact_id()::text::bigint;
    IF EXISTS (SELECT 1 FROM ledger_journalentry WHERE id = NEW.entry_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000',
            MESSAGE = format('L11: the entry is sealed; nothing can join it (%s)', TG_TABLE_NAME);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_posting_after_seal BEFORE INSERT ON ledger_posting
    FOR EACH ROW EXECUTE FUNCTION ledger_after_seal();
CREATE TRIGGER ledger_lotuse_after_seal BEFORE INSERT ON ledger_lotuse
    FOR EACH ROW EXECUTE FUNCTION ledger_after_seal();
CREATE TRIGGER ledger_lothole_after_seal BEFORE INSERT ON ledger_lothole
    FOR EACH ROW EXECUTE FUNCTION ledger_after_seal();
CREATE TRIGGER ledger_lotcover_after_seal BEFORE INSERT ON ledger_lotcover
    FOR EACH ROW EXECUTE FUNCTION ledger_after_seal();

CREATE FUNCTION ledger_entry_seal() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
DECLARE
    n integer;
    first integer;
    last integer;
    strange boolean;
BEGIN
    NEW.tx := pg_current_xact_id()::text::bigint;
    -- Shared with other entries, exclusive against a closing period: neither can slip past the other.
    PERFORM pg_advisory_xact_lock_shared(1279542599, NEW.book_id::integer);
    SELECT count(*), min(p.line), max(p.line), bool_or(p.book_id <> NEW.book_id OR p.tx <> NEW.tx)
        INTO n, first, last, strange FROM ledger_posting p WHERE p.entry_id = NEW.id;
    IF n = 0 OR n <> NEW.posting_count OR first <> 1 OR last <> n OR strange THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L11: the postings are not those the entry counts';
    END IF;
    IF EXISTS (
        SELECT 1 FROM ledger_period q
        WHERE q.book_id = NEW.book_id AND NEW.effective_on BETWEEN q.starts_on AND q.ends_on
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L7: the period is closed';
    END IF;
    IF EXISTS (
        SELECT 1 FROM (
            SELECT p.fund_id AS fund_id, 0::bigint AS taken, p.amount_minor * (
                (c.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))::integer
                - (d.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))::integer
            ) AS net
            FROM ledger_posting p
            JOIN ledger_account c ON c.id = p.credit_account_id
            JOIN ledger_account d ON d.id = p.debit_account_id
            WHERE p.entry_id = NEW.id
            UNION ALL
            SELECT u.fund_id, u.stop - u.start, 0 FROM ledger_lotuse u WHERE u.entry_id = NEW.id AND u.kind = 'SPEND'
            UNION ALL
            SELECT h.fund_id, h.stop - h.start, 0 FROM ledger_lothole h WHERE h.entry_id = NEW.id
        ) moves GROUP BY fund_id HAVING sum(taken) <> greatest(-sum(net), 0)
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: what a fund loses must stand on its line, to the unit';
    END IF;
    IF NEW.reverses_id IS NULL AND NEW.kind NOT IN ('REFUND', 'MATCH_RELEASE', 'DISPUTE_WITHDRAWN')
        AND EXISTS (SELECT 1 FROM ledger_lothole h WHERE h.entry_id = NEW.id)
    THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: only money taken back or reversed makes holes';
    END IF;
    IF (SELECT coalesce(sum(v.stop - v.start), 0) FROM ledger_lotcover v WHERE v.entry_id = NEW.id) <> (CASE
        WHEN NEW.kind IN ('REFUND', 'MATCH_RELEASE', 'DISPUTE_WITHDRAWN') THEN (
            SELECT coalesce(sum(p.amount_minor), 0)
            FROM ledger_posting p JOIN ledger_account d ON d.id = p.debit_account_id
            WHERE p.entry_id = NEW.id AND d.code IN ('5401.refund-cover', '1122.deficit')
        ) ELSE 0 END)
    THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: covers are as long as what another fund bears';
    END IF;
    IF NEW.reverses_id IS NOT NULL AND (
        NOT EXISTS (
            SELECT 1 FROM ledger_journalentry o
            WHERE o.id = NEW.reverses_id AND o.book_id = NEW.book_id AND o.posting_count = NEW.posting_count
                AND (o.recorded_at, o.id) < (NEW.recorded_at, NEW.id)
        )
        OR EXISTS (
            SELECT 1 FROM ledger_posting o
            LEFT JOIN ledger_posting m ON m.entry_id = NEW.id AND m.line = o.line AND m.fund_id = o.fund_id
                AND m.debit_account_id = o.credit_account_id AND m.credit_account_id = o.debit_account_id
                AND m.amount_minor = o.amount_minor AND m.currency = o.currency
            WHERE o.entry_id = NEW.reverses_id AND m.entry_id IS NULL
        )
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L5: a reversal mirrors one earlier entry of the same book';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_entry_seal BEFORE INSERT ON ledger_journalentry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_seal();

CREATE FUNCTION ledger_entry_outbox() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_outbox (subject_id, is_notice, recorded_at)
        VALUES (NEW.id, TG_TABLE_NAME = 'ledger_notice', NEW.recorded_at);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_entry_outbox AFTER INSERT ON ledger_journalentry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_outbox();
CREATE TRIGGER ledger_notice_outbox AFTER INSERT ON ledger_notice
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_outbox();

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
DROP TRIGGER ledger_posting_after_seal ON ledger_posting;
DROP TRIGGER ledger_lotuse_after_seal ON ledger_lotuse;
DROP TRIGGER ledger_lothole_after_seal ON ledger_lothole;
DROP TRIGGER ledger_lotcover_after_seal ON ledger_lotcover;
DROP TRIGGER ledger_entry_seal ON ledger_journalentry;
DROP TRIGGER ledger_entry_outbox ON ledger_journalentry;
DROP TRIGGER ledger_notice_outbox ON ledger_notice;
DROP TRIGGER ledger_period_disjoint ON ledger_period;
DROP FUNCTION ledger_after_seal();
DROP FUNCTION ledger_entry_seal();
DROP FUNCTION ledger_entry_outbox();
DROP FUNCTION ledger_period_disjoint();
ALTER TABLE ledger_posting DROP COLUMN tx;
ALTER TABLE ledger_lotuse DROP COLUMN tx;
ALTER TABLE ledger_lothole DROP COLUMN tx;
ALTER TABLE ledger_lotcover DROP COLUMN tx;
ALTER TABLE ledger_journalentry DROP COLUMN tx;
