-- L9: log positions are gap-free, given once, in published order; a head states the tree that is really there.
-- What waits is waiting once: its moment is its entry's own, so (moment, id) is as good a key as the id.
-- forward
CREATE TRIGGER ledger_logleaf_next BEFORE INSERT ON ledger_logleaf
WHEN NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf)
BEGIN
    SELECT RAISE(ABORT, 'L9: the next log position is the last one and one');
END;
CREATE TRIGGER ledger_logleaf_of_one BEFORE INSERT ON ledger_logleaf
WHEN NOT EXISTS (SELECT 1 FROM ledger_journalentry WHERE id = NEW.entry_id)
    AND NOT EXISTS (SELECT 1 FROM ledger_notice WHERE id = NEW.notice_id)
BEGIN
    SELECT RAISE(ABORT, 'L9: a position is of an entry or a notice that is there');
END;
CREATE TRIGGER ledger_loghead_next BEFORE INSERT ON ledger_loghead
WHEN NEW.size <> (SELECT coalesce(max(position) + 1, 0) FROM ledger_logleaf)
BEGIN
    SELECT RAISE(ABORT, 'L9: a head is as large as the log');
END;
CREATE TRIGGER ledger_outbox_joins BEFORE INSERT ON ledger_outbox
WHEN EXISTS (SELECT 1 FROM ledger_outbox WHERE recorded_at = NEW.recorded_at AND subject_id = NEW.subject_id)
    OR EXISTS (SELECT 1 FROM ledger_outbox WHERE rowid = NEW.rowid)
    OR EXISTS (SELECT 1 FROM ledger_logleaf WHERE entry_id = NEW.subject_id)
    OR EXISTS (SELECT 1 FROM ledger_logleaf WHERE notice_id = NEW.subject_id)
    OR NEW.recorded_at IS NOT CASE
        WHEN NEW.is_notice THEN (SELECT recorded_at FROM ledger_notice WHERE id = NEW.subject_id)
        ELSE (SELECT recorded_at FROM ledger_journalentry WHERE id = NEW.subject_id)
    END
BEGIN
    SELECT RAISE(ABORT, 'L9: the outbox holds what was written and has no position yet, once');
END;
CREATE TRIGGER ledger_outbox_stays BEFORE UPDATE ON ledger_outbox
BEGIN
    SELECT RAISE(ABORT, 'L9: the outbox is not changed');
END;
CREATE TRIGGER ledger_outbox_leaves BEFORE DELETE ON ledger_outbox
WHEN NOT EXISTS (SELECT 1 FROM ledger_logleaf WHERE entry_id = OLD.subject_id)
    AND NOT EXISTS (SELECT 1 FROM ledger_logleaf WHERE notice_id = OLD.subject_id)
BEGIN
    SELECT RAISE(ABORT, 'L9: only what has its position leaves the outbox');
END;
-- reverse
DROP TRIGGER ledger_outbox_joins;
DROP TRIGGER ledger_outbox_stays;
DROP TRIGGER ledger_outbox_leaves;
DROP TRIGGER ledger_logleaf_next;
DROP TRIGGER ledger_logleaf_of_one;
DROP TRIGGER ledger_loghead_next;
