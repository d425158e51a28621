-- L8: a fund never spends what it does not hold. Lots and uses each form one unbroken chain; a spend touches no hole,
-- a skip is exactly one hole; a hole lies in one lot ahead of the cursor; a cover lies in one lot, on money spent.
-- forward
ALTER TABLE ledger_lot ADD CONSTRAINT ledger_lot_prev FOREIGN KEY (fund_id, prev)
    REFERENCES ledger_lot (fund_id, stop);
ALTER TABLE ledger_lotuse ADD CONSTRAINT ledger_lotuse_prev FOREIGN KEY (fund_id, prev)
    REFERENCES ledger_lotuse (fund_id, stop);

CREATE FUNCTION ledger_lot_on_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.start <> (SELECT coalesce(max(stop), 0) FROM ledger_lot WHERE fund_id = NEW.fund_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a lot starts where the last one stops';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM ledger_logleaf WHERE position = NEW.log_index AND entry_id = NEW.entry_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: a lot carries the log position of its entry';
    END IF;
    IF NEW.log_index <= (SELECT max(log_index) FROM ledger_lot WHERE fund_id = NEW.fund_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: lots come in published order, one an entry';
    END IF;
    IF NEW.stop - NEW.start <> (
        SELECT coalesce(sum(p.amount_minor * (
            (c.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))::integer
            - (d.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))::integer
        )), 0)
        FROM ledger_posting p
        JOIN ledger_account c ON c.id = p.credit_account_id
        JOIN ledger_account d ON d.id = p.debit_account_id
        WHERE p.entry_id = NEW.entry_id AND p.fund_id = NEW.fund_id
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a lot is as long as what its entry brought the fund';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_lot_on_line BEFORE INSERT ON ledger_lot
    FOR EACH ROW EXECUTE FUNCTION ledger_lot_on_line();

CREATE FUNCTION ledger_lotuse_on_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    -- The fund's lock: spendings and refunds of one fund queue here, gifts never come by.
    PERFORM pg_advisory_xact_lock(1279542600, NEW.fund_id::integer);
    IF NEW.start <> (SELECT coalesce(max(stop), 0) FROM ledger_lotuse WHERE fund_id = NEW.fund_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a use starts where the last one stops';
    END IF;
    IF NEW.stop > (SELECT coalesce(max(stop), 0) FROM ledger_lot WHERE fund_id = NEW.fund_id) THEN
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
DROP TRIGGER ledger_lot_on_line ON ledger_lot;
DROP TRIGGER ledger_lotuse_on_line ON ledger_lotuse;
DROP TRIGGER ledger_lothole_on_line ON ledger_lothole;
DROP TRIGGER ledger_lotcover_on_line ON ledger_lotcover;
DROP FUNCTION ledger_lot_on_line();
DROP FUNCTION ledger_lotuse_on_line();
DROP FUNCTION ledger_lothole_on_line();
DROP FUNCTION ledger_lotcover_on_line();
ALTER TABLE ledger_lot DROP CONSTRAINT ledger_lot_prev;
ALTER TABLE ledger_lotuse DROP CONSTRAINT ledger_lotuse_prev;
