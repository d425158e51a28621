-- L9: a tile is written once it is full, one after another; sums are written by the batch that reaches their position,
-- before its head, and never later.
-- forward
CREATE TRIGGER ledger_logtile_full BEFORE INSERT ON ledger_logtile
WHEN NEW.number <> (SELECT coalesce(max(number) + 1, 0) FROM ledger_logtile WHERE level = NEW.level)
    OR NEW.number >= (SELECT coalesce(max(position) + 1, 0) >> (8 * (NEW.level + 1)) FROM ledger_logleaf)
BEGIN
    SELECT RAISE(ABORT, 'L9: the next tile is the last one and one, and full');
END;
CREATE TRIGGER ledger_accountsnapshot_reached BEFORE INSERT ON ledger_accountsnapshot
WHEN NEW.position > (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf)
    OR NEW.position <= (SELECT max(size) FROM ledger_loghead)
BEGIN
    SELECT RAISE(ABORT, 'L9: sums are written when the log reaches their position');
END;
CREATE TRIGGER ledger_linesnapshot_reached BEFORE INSERT ON ledger_linesnapshot
WHEN NEW.position > (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf)
    OR NEW.position <= (SELECT max(size) FROM ledger_loghead)
BEGIN
    SELECT RAISE(ABORT, 'L9: sums are written when the log reaches their position');
END;
CREATE TRIGGER ledger_daysum_reached BEFORE INSERT ON ledger_daysum
WHEN NEW.position > (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf)
    OR NEW.position <= (SELECT max(size) FROM ledger_loghead)
BEGIN
    SELECT RAISE(ABORT, 'L9: sums are written when the log reaches their position');
END;
-- reverse
DROP TRIGGER ledger_logtile_full;
DROP TRIGGER ledger_accountsnapshot_reached;
DROP TRIGGER ledger_linesnapshot_reached;
DROP TRIGGER ledger_daysum_reached;
