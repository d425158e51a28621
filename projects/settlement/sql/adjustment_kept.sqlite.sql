-- An adjustment is drafted, decided once by one person or confirmed by another, and never changed. Draft and
-- confirmation are held to the line: rows ± adjustment = the line, exactly; an answer undoes one that stands, to the cent.
-- forward
CREATE TRIGGER adjustment_kept BEFORE UPDATE ON settlement_adjustment
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.organisation_id IS NOT OLD.organisation_id
  OR NEW.line_id IS NOT OLD.line_id OR NEW.settlement_id IS NOT OLD.settlement_id
  OR NEW.payout_row_id IS NOT OLD.payout_row_id OR NEW.answers_id IS NOT OLD.answers_id OR NEW.way IS NOT OLD.way
  OR NEW.amount_minor IS NOT OLD.amount_minor OR NEW.currency IS NOT OLD.currency OR NEW."on" IS NOT OLD."on"
  OR NEW.reason IS NOT OLD.reason OR NEW.note IS NOT OLD.note OR NEW.evidence_ref IS NOT OLD.evidence_ref
  OR NEW.drafted_by_ref IS NOT OLD.drafted_by_ref OR NEW.drafted_at IS NOT OLD.drafted_at
  OR (OLD.state, NEW.state) NOT IN (VALUES ('DRAFTED', 'CONFIRMED'), ('DRAFTED', 'DROPPED'))
  OR (NEW.state = 'CONFIRMED' AND (NEW.decided_by_ref = NEW.drafted_by_ref OR NOT EXISTS (
  SELECT 1 FROM settlement_statementline l JOIN settlement_settlementfile b ON b.id = l.file_id
  LEFT JOIN settlement_settlementrow r ON r.id = NEW.payout_row_id
  JOIN settlement_settlementfile f ON f.id = COALESCE(NEW.settlement_id, r.file_id)
  WHERE l.id = NEW.line_id AND b.organisation_id = NEW.organisation_id AND f.organisation_id = NEW.organisation_id
    AND f.source = 'PLATFORM' AND f.state = 'COMPLETE' AND (r.id IS NULL OR r.state = 'PAYOUT')
    AND f.currency = NEW.currency AND l.currency = NEW.currency
    AND ((NEW.answers_id IS NULL AND l.state = 'SUSPENSE'
          AND EXISTS (SELECT 1 FROM settlement_unexplaineditem i WHERE i.line_id = l.id AND i.solved_at IS NULL)
          AND NEW.amount_minor < COALESCE(-r.amount_minor, f.expected_minor)
          AND l.amount_minor = COALESCE(-r.amount_minor, f.expected_minor)
              + CASE NEW.way WHEN 'IN' THEN NEW.amount_minor ELSE -NEW.amount_minor END)
      OR (l.state = 'SETTLEMENT' AND EXISTS (
          SELECT 1 FROM settlement_adjustment a WHERE a.id = NEW.answers_id AND a.state = 'CONFIRMED'
            AND a.answers_id IS NULL AND a.line_id = NEW.line_id AND a.line_entry_id = l.entry_id
            AND a.amount_minor = NEW.amount_minor AND a.way <> NEW.way AND a.reason = NEW.reason
            AND COALESCE(a.settlement_id, 0) = COALESCE(NEW.settlement_id, 0)
            AND COALESCE(a.payout_row_id, 0) = COALESCE(NEW.payout_row_id, 0)))))))
BEGIN SELECT RAISE(ABORT, 'adjustment_kept'); END;
CREATE TRIGGER adjustment_kept_deleted BEFORE DELETE ON settlement_adjustment
BEGIN SELECT RAISE(ABORT, 'adjustment_kept'); END;
CREATE TRIGGER adjustment_kept_born BEFORE INSERT ON settlement_adjustment
WHEN NEW.state <> 'DRAFTED' OR NOT EXISTS (
  SELECT 1 FROM settlement_statementline l JOIN settlement_settlementfile b ON b.id = l.file_id
  LEFT JOIN settlement_settlementrow r ON r.id = NEW.payout_row_id
  JOIN settlement_settlementfile f ON f.id = COALESCE(NEW.settlement_id, r.file_id)
  WHERE l.id = NEW.line_id AND b.organisation_id = NEW.organisation_id AND f.organisation_id = NEW.organisation_id
    AND f.source = 'PLATFORM' AND f.state = 'COMPLETE' AND (r.id IS NULL OR r.state = 'PAYOUT')
    AND f.currency = NEW.currency AND l.currency = NEW.currency
    AND ((NEW.answers_id IS NULL AND l.state = 'SUSPENSE'
          AND EXISTS (SELECT 1 FROM settlement_unexplaineditem i WHERE i.line_id = l.id AND i.solved_at IS NULL)
          AND NEW.amount_minor < COALESCE(-r.amount_minor, f.expected_minor)
          AND l.amount_minor = COALESCE(-r.amount_minor, f.expected_minor)
              + CASE NEW.way WHEN 'IN' THEN NEW.amount_minor ELSE -NEW.amount_minor END)
      OR (l.state = 'SETTLEMENT' AND EXISTS (
          SELECT 1 FROM settlement_adjustment a WHERE a.id = NEW.answers_id AND a.state = 'CONFIRMED'
            AND a.answers_id IS NULL AND a.line_id = NEW.line_id AND a.line_entry_id = l.entry_id
            AND a.amount_minor = NEW.amount_minor AND a.way <> NEW.way AND a.reason = NEW.reason
            AND COALESCE(a.settlement_id, 0) = COALESCE(NEW.settlement_id, 0)
            AND COALESCE(a.payout_row_id, 0) = COALESCE(NEW.payout_row_id, 0)))))
  OR EXISTS (SELECT 1 FROM settlement_adjustment a WHERE a.id = NEW.id OR a.ref = NEW.ref
             OR (a.line_id = NEW.line_id AND a.state = 'DRAFTED')
             OR (a.answers_id = NEW.answers_id AND a.state <> 'DROPPED'))
BEGIN SELECT RAISE(ABORT, 'adjustment_kept'); END;
-- reverse
DROP TRIGGER adjustment_kept;
DROP TRIGGER adjustment_kept_deleted;
DROP TRIGGER adjustment_kept_born;
