-- forward
CREATE TRIGGER line_decided BEFORE UPDATE ON settlement_statementline
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.file_id IS NOT OLD.file_id
  OR NEW.number IS NOT OLD.number OR NEW.line_id IS NOT OLD.line_id OR NEW.dedupe_key IS NOT OLD.dedupe_key
  OR NEW.amount_minor IS NOT OLD.amount_minor OR NEW.currency IS NOT OLD.currency OR NEW."on" IS NOT OLD."on"
  OR NEW.duplicate_of_id IS NOT OLD.duplicate_of_id
  OR (OLD.state, NEW.state) NOT IN (VALUES ('SUSPENSE', 'SETTLEMENT'), ('SETTLEMENT', 'SUSPENSE'))
  -- Back to suspense by the confirmed answer to an adjustment, once each: the answer names the line's new entry.
  OR (NEW.state = 'SUSPENSE' AND NOT (NEW.settlement_id IS NULL AND NEW.payout_row_id IS NULL AND EXISTS (
        SELECT 1 FROM settlement_adjustment a WHERE a.line_id = NEW.id AND a.answers_id IS NOT NULL
          AND a.state = 'CONFIRMED' AND a.line_entry_id = NEW.entry_id AND NEW.entry_id <> OLD.entry_id)))
BEGIN SELECT RAISE(ABORT, 'line_decided'); END;
CREATE TRIGGER line_decided_deleted BEFORE DELETE ON settlement_statementline
BEGIN SELECT RAISE(ABORT, 'line_decided'); END;
CREATE TRIGGER line_decided_replaced BEFORE INSERT ON settlement_statementline
WHEN EXISTS (SELECT 1 FROM settlement_statementline r
             WHERE r.id = NEW.id OR r.ref = NEW.ref OR (r.file_id = NEW.file_id AND r.number = NEW.number))
BEGIN SELECT RAISE(ABORT, 'line_decided'); END;
-- reverse
DROP TRIGGER line_decided;
DROP TRIGGER line_decided_deleted;
DROP TRIGGER line_decided_replaced;
