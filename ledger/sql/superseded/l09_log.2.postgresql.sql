-- L9: log positions are gap-free, given once, in published order; a head states the tree that is really there.
-- A statement's rows are looked at together. That a leaf's entry or notice is there is proven here, so no foreign key
-- asks again. Plans are bound to the keys: one made while the tables were small would read them whole.
-- forward
CREATE FUNCTION ledger_logleaf_next() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
    SET jit = off AS $$
DECLARE
    first bigint;
    last bigint;
    n bigint;
BEGIN
    SELECT min(position), max(position), count(*) INTO first, last, n FROM fresh;
    IF last - first + 1 <> n
        OR first <> (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf WHERE position < first)
    THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: the next log position is the last one and one';
    END IF;
    IF EXISTS (
        SELECT 1 FROM fresh f
        WHERE NOT EXISTS (SELECT 1 FROM ledger_journalentry e WHERE e.id = f.entry_id)
            AND NOT EXISTS (SELECT 1 FROM ledger_notice m WHERE m.id = f.notice_id)
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: a position is of an entry or a notice that is there';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_logleaf_next AFTER INSERT ON ledger_logleaf
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_logleaf_next();

CREATE FUNCTION ledger_loghead_next() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.size <> (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: a head is as large as the log';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_loghead_next BEFORE INSERT ON ledger_loghead
    FOR EACH ROW EXECUTE FUNCTION ledger_loghead_next();

CREATE FUNCTION ledger_outbox_joins() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
    SET jit = off AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM fresh f
        WHERE EXISTS (SELECT 1 FROM ledger_logleaf l WHERE l.entry_id = f.subject_id)
            OR EXISTS (SELECT 1 FROM ledger_logleaf l WHERE l.notice_id = f.subject_id)
            OR NOT CASE WHEN f.is_notice
                THEN EXISTS (SELECT 1 FROM ledger_notice m WHERE m.id = f.subject_id AND m.recorded_at = f.recorded_at)
                ELSE EXISTS (
                    SELECT 1 FROM ledger_journalentry e WHERE e.id = f.subject_id AND e.recorded_at = f.recorded_at
                )
            END
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000',
            MESSAGE = 'L9: the outbox holds what was written and has no position yet, once';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_outbox_joins AFTER INSERT ON ledger_outbox
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_outbox_joins();

CREATE FUNCTION ledger_outbox_stays() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: the outbox is not changed';
END
$$;
CREATE TRIGGER ledger_outbox_stays BEFORE UPDATE OR TRUNCATE ON ledger_outbox
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_outbox_stays();

CREATE FUNCTION ledger_outbox_leaves() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
    SET jit = off AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM gone g
        WHERE NOT EXISTS (SELECT 1 FROM ledger_logleaf l WHERE l.entry_id = g.subject_id)
            AND NOT EXISTS (SELECT 1 FROM ledger_logleaf l WHERE l.notice_id = g.subject_id)
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: only what has its position leaves the outbox';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_outbox_leaves AFTER DELETE ON ledger_outbox
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION ledger_outbox_leaves();
-- reverse
DROP TRIGGER ledger_outbox_joins ON ledger_outbox;
DROP TRIGGER ledger_outbox_stays ON ledger_outbox;
DROP TRIGGER ledger_outbox_leaves ON ledger_outbox;
DROP FUNCTION ledger_outbox_joins();
DROP FUNCTION ledger_outbox_stays();
DROP FUNCTION ledger_outbox_leaves();
DROP TRIGGER ledger_logleaf_next ON ledger_logleaf;
DROP TRIGGER ledger_loghead_next ON ledger_loghead;
DROP FUNCTION ledger_logleaf_next();
DROP FUNCTION ledger_loghead_next();
