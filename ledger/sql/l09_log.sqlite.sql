-- L9: log positions are gap-free, given once, in published order; a head states the tree that is really there.
-- forward
CREATE TRIGGER ledger_logleaf_next BEFORE INSERT ON ledger_logleaf
WHEN NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf)
BEGIN
    SELECT RAISE(ABORT, 'L9: the next log position is the last one and one');
END;
CREATE TRIGGER ledger_loghead_next BEFORE INSERT ON ledger_loghead
WHEN NEW.size <> (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf)
BEGIN
    SELECT RAISE(ABORT, 'L9: a head is as large as the log');
END;
-- reverse
DROP TRIGGER ledger_logleaf_next;
DROP TRIGGER ledger_loghead_next;
