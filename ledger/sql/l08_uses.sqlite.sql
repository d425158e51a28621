-- L8: a fund never spends what it does not hold. Uses form one unbroken chain; a spend touches no hole, a skip is
-- exactly one hole; a hole lies in one lot ahead of the cursor; a cover lies in one lot, on money spent.
-- SQLite stores what it is given in any column, and its checks can be switched off: whole numbers are asked for here.
-- forward
CREATE TRIGGER ledger_lotuse_on_line BEFORE INSERT ON ledger_lotuse
BEGIN
    SELECT RAISE(ABORT, 'L8: a stretch runs forward in whole units')
    WHERE typeof(NEW.start) <> 'integer' OR typeof(NEW.stop) <> 'integer' OR NEW.start < 0 OR NEW.stop <= NEW.start;
    SELECT RAISE(ABORT, 'L8: a use starts where the last one stops')
    WHERE NEW.start <> (SELECT coalesce(max(stop), 0) FROM ledger_lotuse WHERE fund_id = NEW.fund_id);
    SELECT RAISE(ABORT, 'L8: a fund never spends what it does not hold')
    WHERE NEW.stop > coalesce(
        (SELECT stop FROM ledger_lot WHERE fund_id = NEW.fund_id ORDER BY start DESC LIMIT 1), 0
    );
    SELECT RAISE(ABORT, 'L8: a skip is exactly one hole')
    WHERE NEW.kind = 'SKIP' AND NOT EXISTS (
        SELECT 1 FROM ledger_lothole WHERE fund_id = NEW.fund_id AND start = NEW.start AND stop = NEW.stop
    );
    SELECT RAISE(ABORT, 'L8: a spend touches no hole')
    WHERE NEW.kind = 'SPEND' AND EXISTS (
        SELECT 1 FROM ledger_lothole WHERE fund_id = NEW.fund_id AND start < NEW.stop AND stop > NEW.start
    );
END;
CREATE TRIGGER ledger_lothole_on_line BEFORE INSERT ON ledger_lothole
BEGIN
    SELECT RAISE(ABORT, 'L8: a stretch runs forward in whole units')
    WHERE typeof(NEW.start) <> 'integer' OR typeof(NEW.stop) <> 'integer' OR NEW.start < 0 OR NEW.stop <= NEW.start;
    SELECT RAISE(ABORT, 'L8: a hole lies inside one lot')
    WHERE NOT EXISTS (
        SELECT 1 FROM ledger_lot WHERE fund_id = NEW.fund_id AND start <= NEW.start AND stop >= NEW.stop
    );
    SELECT RAISE(ABORT, 'L8: a hole lies ahead of the cursor')
    WHERE NEW.start < (SELECT coalesce(max(stop), 0) FROM ledger_lotuse WHERE fund_id = NEW.fund_id);
    SELECT RAISE(ABORT, 'L8: holes are disjoint')
    WHERE EXISTS (
        SELECT 1 FROM ledger_lothole WHERE fund_id = NEW.fund_id AND start < NEW.stop AND stop > NEW.start
    );
END;
CREATE TRIGGER ledger_lotcover_on_line BEFORE INSERT ON ledger_lotcover
BEGIN
    SELECT RAISE(ABORT, 'L8: a stretch runs forward in whole units')
    WHERE typeof(NEW.start) <> 'integer' OR typeof(NEW.stop) <> 'integer' OR NEW.start < 0 OR NEW.stop <= NEW.start;
    SELECT RAISE(ABORT, 'L8: a cover lies inside one lot')
    WHERE NOT EXISTS (
        SELECT 1 FROM ledger_lot WHERE fund_id = NEW.fund_id AND start <= NEW.start AND stop >= NEW.stop
    );
    SELECT RAISE(ABORT, 'L8: a cover lies on money spent')
    WHERE NEW.stop - NEW.start <> (
        SELECT coalesce(sum(min(stop, NEW.stop) - max(start, NEW.start)), 0) FROM ledger_lotuse
        WHERE fund_id = NEW.fund_id AND kind = 'SPEND' AND start < NEW.stop AND stop > NEW.start
    );
    SELECT RAISE(ABORT, 'L8: covers are disjoint')
    WHERE EXISTS (
        SELECT 1 FROM ledger_lotcover WHERE fund_id = NEW.fund_id AND start < NEW.stop AND stop > NEW.start
    );
END;
-- reverse
DROP TRIGGER ledger_lotuse_on_line;
DROP TRIGGER ledger_lothole_on_line;
DROP TRIGGER ledger_lotcover_on_line;
