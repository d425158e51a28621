-- L9: log positions are gap-free, given once, in published order; a head states the tree that is really there.
-- forward
CREATE FUNCTION ledger_logleaf_next() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: the next log position is the last one and one';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_logleaf_next BEFORE INSERT ON ledger_logleaf
    FOR EACH ROW EXECUTE FUNCTION ledger_logleaf_next();

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
    SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_logleaf WHERE entry_id = NEW.subject_id OR notice_id = NEW.subject_id)
        OR NOT EXISTS (
            SELECT 1 FROM ledger_journalentry
            WHERE id = NEW.subject_id AND recorded_at = NEW.recorded_at AND NOT NEW.is_notice
            UNION ALL
            SELECT 1 FROM ledger_notice
            WHERE id = NEW.subject_id AND recorded_at = NEW.recorded_at AND NEW.is_notice
        )
    THEN
        RAISE EXCEPTION USING ERRCODE = '23000',
            MESSAGE = 'L9: the outbox holds what was written and has no position yet, once';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_outbox_joins BEFORE INSERT ON ledger_outbox
    FOR EACH ROW EXECUTE FUNCTION ledger_outbox_joins();

CREATE FUNCTION ledger_outbox_stays() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: the outbox is not changed';
END
$$;
CREATE TRIGGER ledger_outbox_stays BEFORE UPDATE OR TRUNCATE ON ledger_outbox
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_outbox_stays();

CREATE FUNCTION ledger_outbox_leaves() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_logleaf WHERE entry_id = OLD.subject_id OR notice_id = OLD.subject_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: only what has its position leaves the outbox';
    END IF;
    RETURN OLD;
END
$$;
CREATE TRIGGER ledger_outbox_leaves BEFORE DELETE ON ledger_outbox
    FOR EACH ROW EXECUTE FUNCTION ledger_outbox_leaves();
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
