-- An adjustment is drafted, decided once by one person or confirmed by another, and never changed. Draft and
-- confirmation are held to the line: rows ± adjustment = the line, exactly; an answer undoes one that stands, to the cent.
-- forward
CREATE FUNCTION adjustment_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  fits boolean := false;
BEGIN
  IF TG_OP IN ('INSERT', 'UPDATE') THEN
    fits := EXISTS (
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
                AND COALESCE(a.payout_row_id, 0) = COALESCE(NEW.payout_row_id, 0)))));
  END IF;
  IF TG_OP = 'INSERT' AND NEW.state = 'DRAFTED' AND fits THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.ref, NEW.organisation_id, NEW.line_id, NEW.settlement_id, NEW.payout_row_id, NEW.answers_id, NEW.way, NEW.amount_minor, NEW.currency, NEW."on", NEW.reason, NEW.note, NEW.evidence_ref, NEW.drafted_by_ref, NEW.drafted_at)
         IS NOT DISTINCT FROM
         (OLD.id, OLD.ref, OLD.organisation_id, OLD.line_id, OLD.settlement_id, OLD.payout_row_id, OLD.answers_id, OLD.way, OLD.amount_minor, OLD.currency, OLD."on", OLD.reason, OLD.note, OLD.evidence_ref, OLD.drafted_by_ref, OLD.drafted_at)
     AND (OLD.state, NEW.state) IN (('DRAFTED', 'CONFIRMED'), ('DRAFTED', 'DROPPED'))
     AND (NEW.state = 'DROPPED' OR (NEW.decided_by_ref <> NEW.drafted_by_ref AND fits))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'adjustment_kept' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER adjustment_kept BEFORE INSERT OR UPDATE OR DELETE ON settlement_adjustment
FOR EACH ROW EXECUTE FUNCTION adjustment_kept();
CREATE TRIGGER adjustment_kept_truncated BEFORE TRUNCATE ON settlement_adjustment
FOR EACH STATEMENT EXECUTE FUNCTION adjustment_kept();
-- reverse
DROP TRIGGER adjustment_kept ON settlement_adjustment;
DROP TRIGGER adjustment_kept_truncated ON settlement_adjustment;
DROP FUNCTION adjustment_kept();
