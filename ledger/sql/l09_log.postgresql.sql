-- L9: log positions are gap-free, given once, in published order; a head states the tree that is really there.
-- forward
CREATE FUNCTION ledger_logleaf_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: the next log position is the last one and one';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_logleaf_next BEFORE INSERT ON ledger_logleaf
    FOR EACH ROW EXECUTE FUNCTION ledger_logleaf_next();

CREATE FUNCTION ledger_loghead_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size <> (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: a head is as large as the log';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_loghead_next BEFORE INSERT ON ledger_loghead
    FOR EACH ROW EXECUTE FUNCTION ledger_loghead_next();
-- reverse
DROP TRIGGER ledger_logleaf_next ON ledger_logleaf;
DROP TRIGGER ledger_loghead_next ON ledger_loghead;
DROP FUNCTION ledger_logleaf_next();
DROP FUNCTION ledger_loghead_next();
