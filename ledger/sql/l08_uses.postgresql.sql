-- L8: a fund never spends what it does not hold. Uses form one unbroken chain; a spend touches no hole, a skip is
-- exactly one hole; a hole lies in one lot ahead of the cursor; a cover lies in one lot, on money spent.
-- forward
ALTER TABLE ledger_lotuse ADD CONSTRAINT ledger_lotuse_prev FOREIGN KEY (fund_id, prev)
    REFERENCES ledger_lotuse (fund_id, stop);

CREATE FUNCTION ledger_lotuse_on_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    -- The fund's lock: spendings and refunds of one fund queue here, gifts never come by.
    PERFORM pg_advisory_xact_lock(1279542600, NEW.fund_id::integer);
    IF NEW.start <> (SELECT coalesce(max(stop), 0) FROM ledger_lotuse WHERE fund_id = NEW.fund_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a use starts where the last one stops';
    END IF;
    IF NEW.stop > coalesce(
        (SELECT stop FROM ledger_lot WHERE fund_id = NEW.fund_id ORDER BY start DESC LIMIT 1), 0
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a fund never spends what it does not hold';
    END IF;
    IF NEW.kind = 'SKIP' AND NOT EXISTS (
        SELECT 1 FROM ledger_lothole WHERE fund_id = NEW.fund_id AND start = NEW.start AND stop = NEW.stop
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a skip is exactly one hole';
    END IF;
    IF NEW.kind = 'SPEND' AND EXISTS (
        SELECT 1 FROM ledger_lothole WHERE fund_id = NEW.fund_id AND start < NEW.stop AND stop > NEW.start
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a spend touches no hole';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_lotuse_on_line BEFORE INSERT ON ledger_lotuse
    FOR EACH ROW EXECUTE FUNCTION ledger_lotuse_on_line();

CREATE FUNCTION ledger_lothole_on_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1279542600, NEW.fund_id::integer);
    IF NOT EXISTS (
        SELECT 1 FROM ledger_lot WHERE fund_id = NEW.fund_id AND start <= NEW.start AND stop >= NEW.stop
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a hole lies inside one lot';
    END IF;
    IF NEW.start < (SELECT coalesce(max(stop), 0) FROM ledger_lotuse WHERE fund_id = NEW.fund_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a hole lies ahead of the cursor';
    END IF;
    IF EXISTS (
        SELECT 1 FROM ledger_lothole WHERE fund_id = NEW.fund_id AND start < NEW.stop AND stop > NEW.start
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: holes are disjoint';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_lothole_on_line BEFORE INSERT ON ledger_lothole
    FOR EACH ROW EXECUTE FUNCTION ledger_lothole_on_line();

CREATE FUNCTION ledger_lotcover_on_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1279542600, NEW.fund_id::integer);
    IF NOT EXISTS (
        SELECT 1 FROM ledger_lot WHERE fund_id = NEW.fund_id AND start <= NEW.start AND stop >= NEW.stop
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a cover lies inside one lot';
    END IF;
    IF NEW.stop - NEW.start <> (
        SELECT coalesce(sum(least(stop, NEW.stop) - greatest(start, NEW.start)), 0) FROM ledger_lotuse
        WHERE fund_id = NEW.fund_id AND kind = 'SPEND' AND start < NEW.stop AND stop > NEW.start
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a cover lies on money spent';
    END IF;
    IF EXISTS (
        SELECT 1 FROM ledger_lotcover WHERE fund_id = NEW.fund_id AND start < NEW.stop AND stop > NEW.start
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: covers are disjoint';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_lotcover_on_line BEFORE INSERT ON ledger_lotcover
    FOR EACH ROW EXECUTE FUNCTION ledger_lotcover_on_line();
-- reverse
DROP TRIGGER ledger_lotuse_on_line ON ledger_lotuse;
DROP TRIGGER ledger_lothole_on_line ON ledger_lothole;
DROP TRIGGER ledger_lotcover_on_line ON ledger_lotcover;
DROP FUNCTION ledger_lotuse_on_line();
DROP FUNCTION ledger_lothole_on_line();
DROP FUNCTION ledger_lotcover_on_line();
ALTER TABLE ledger_lotuse DROP CONSTRAINT ledger_lotuse_prev;
