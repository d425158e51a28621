-- L9: a tile is written once it is full, one after another; sums are written by the batch that reaches their position,
-- before its head, and never later.
-- forward
CREATE FUNCTION ledger_logtile_full() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.number <> (SELECT coalesce(max(number) + 1, 0) FROM ledger_logtile WHERE level = NEW.level)
        OR NEW.number >= (SELECT coalesce(max(position) + 1, 0) >> (8 * (NEW.level + 1)) FROM ledger_logleaf)
    THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: the next tile is the last one and one, and full';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_logtile_full BEFORE INSERT ON ledger_logtile
    FOR EACH ROW EXECUTE FUNCTION ledger_logtile_full();

CREATE FUNCTION ledger_snapshot_reached() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM fresh f
        HAVING max(f.position) > (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf)
            OR min(f.position) <= (SELECT max(size) FROM ledger_loghead)
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: sums are written when the log reaches their position';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_accountsnapshot_reached AFTER INSERT ON ledger_accountsnapshot
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_snapshot_reached();
CREATE TRIGGER ledger_linesnapshot_reached AFTER INSERT ON ledger_linesnapshot
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_snapshot_reached();
CREATE TRIGGER ledger_daysum_reached AFTER INSERT ON ledger_daysum
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_snapshot_reached();
-- reverse
DROP TRIGGER ledger_logtile_full ON ledger_logtile;
DROP TRIGGER ledger_accountsnapshot_reached ON ledger_accountsnapshot;
DROP TRIGGER ledger_linesnapshot_reached ON ledger_linesnapshot;
DROP TRIGGER ledger_daysum_reached ON ledger_daysum;
DROP FUNCTION ledger_logtile_full();
DROP FUNCTION ledger_snapshot_reached();
