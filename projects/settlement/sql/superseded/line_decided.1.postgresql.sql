-- forward
CREATE FUNCTION line_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.ref, NEW.file_id, NEW.number, NEW.line_id, NEW.dedupe_key, NEW.amount_minor, NEW.currency, NEW."on", NEW.duplicate_of_id)
         IS NOT DISTINCT FROM
         (OLD.id, OLD.ref, OLD.file_id, OLD.number, OLD.line_id, OLD.dedupe_key, OLD.amount_minor, OLD.currency, OLD."on", OLD.duplicate_of_id)
     AND (OLD.state, NEW.state) IN (('SUSPENSE', 'SETTLEMENT'))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'line_decided' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER line_decided BEFORE UPDATE OR DELETE ON settlement_statementline
FOR EACH ROW EXECUTE FUNCTION line_decided();
CREATE TRIGGER line_decided_truncated BEFORE TRUNCATE ON settlement_statementline
FOR EACH STATEMENT EXECUTE FUNCTION line_decided();
-- reverse
DROP TRIGGER line_decided ON settlement_statementline;
DROP TRIGGER line_decided_truncated ON settlement_statementline;
DROP FUNCTION line_decided();
