-- An adjustment is drafted, decided once by one person or confirmed by another, and never changed. Draft and
-- confirmation are held to the line: rows ± adjustment = the line, exactly; an answer undoes one that stands, to the cent.
-- forward
CREATE FUNCTION adjustment_fits(settlement_adjustment) RETURNS boolean LANGUAGE sql STABLE AS $$
SELECT EXISTS (
  SELECT 1 FROM settlement_statementline l JOIN settlement_settlementfile b ON b.id = l.file_id
  LEFT JOIN settlement_settlementrow r ON r.id = $1.payout_row_id
  JOIN settlement_settlementfile f ON f.id = COALESCE($1.settlement_id, r.file_id)
  WHERE l.id = $1.line_id AND b.organisation_id = $1.organisation_id AND f.organisation_id = $1.organisation_id
    AND f.source = 'PLATFORM' AND f.state = 'COMPLETE' AND (r.id IS NULL OR r.state = 'PAYOUT')
    AND f.currency = $1.currency AND l.currency = $1.currency
    AND (($1.answers_id IS NULL AND l.state = 'SUSPENSE'
          AND EXISTS (SELECT 1 FROM settlement_unexplaineditem i WHERE i.line_id = l.id AND i.solved_at IS NULL)
          AND $1.amount_minor < COALESCE(-r.amount_minor, f.expected_minor)
          AND l.amount_minor = COALESCE(-r.amount_minor, f.expected_minor)
              + CASE $1.way WHEN 'IN' THEN $1.amount_minor ELSE -$1.amount_minor END)
      OR (l.state = 'SETTLEMENT' AND EXISTS (
          SELECT 1 FROM settlement_adjustment a WHERE a.id = $1.answers_id AND a.state = 'CONFIRMED'
            AND a.answers_id IS NULL AND a.line_id = $1.line_id AND a.line_entry_id = l.entry_id
            AND a.amount_minor = $1.amount_minor AND a.way <> $1.way AND a.reason = $1.reason
            AND COALESCE(a.settlement_id, 0) = COALESCE($1.settlement_id, 0)
            AND COALESCE(a.payout_row_id, 0) = COALESCE($1.payout_row_id, 0)))))
$$;
CREATE FUNCTION adjustment_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.state = 'DRAFTED' AND adjustment_fits(NEW) THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.ref, NEW.organisation_id, NEW.line_id, NEW.settlement_id, NEW.payout_row_id, NEW.answers_id, NEW.way, NEW.amount_minor, NEW.currency, NEW."on", NEW.reason, NEW.note, NEW.evidence_ref, NEW.drafted_by_ref, NEW.drafted_at)
         IS NOT DISTINCT FROM
         (OLD.id, OLD.ref, OLD.organisation_id, OLD.line_id, OLD.settlement_id, OLD.payout_row_id, OLD.answers_id, OLD.way, OLD.amount_minor, OLD.currency, OLD."on", OLD.reason, OLD.note, OLD.evidence_ref, OLD.drafted_by_ref, OLD.drafted_at)
     AND (OLD.state, NEW.state) IN (('DRAFTED', 'CONFIRMED'), ('DRAFTED', 'DROPPED'))
     AND (NEW.state = 'DROPPED' OR (NEW.decided_by_ref <> NEW.drafted_by_ref AND adjustment_fits(NEW)))
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
DROP FUNCTION adjustment_fits(settlement_adjustment);
