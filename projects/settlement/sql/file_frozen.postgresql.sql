-- forward
CREATE FUNCTION file_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.state = 'RECEIVED' AND NEW.rows_done = 0 THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.ref, NEW.organisation_id, NEW.project_id, NEW.source, NEW.provider, NEW.mapping_code, NEW.mapping_text, NEW.sha256, NEW.size_bytes, NEW.currency, NEW.stated_rows, NEW.stated_minor, NEW.received_by_ref, NEW.received_at)
         IS NOT DISTINCT FROM
         (OLD.id, OLD.ref, OLD.organisation_id, OLD.project_id, OLD.source, OLD.provider, OLD.mapping_code, OLD.mapping_text, OLD.sha256, OLD.size_bytes, OLD.currency, OLD.stated_rows, OLD.stated_minor, OLD.received_by_ref, OLD.received_at)
     AND (OLD.state = 'RECEIVED' OR
          (NEW.started_by_ref, NEW.started_at) IS NOT DISTINCT FROM (OLD.started_by_ref, OLD.started_at))
     AND (OLD.state IN ('RECEIVED', 'MEASURING') OR
          (NEW.rows_total, NEW.total_minor) IS NOT DISTINCT FROM (OLD.rows_total, OLD.total_minor))
     AND (OLD.state, NEW.state) IN (('RECEIVED', 'MEASURING'),
          ('MEASURING', 'IMPORTING'), ('RECEIVED', 'DISCARDED'), ('IMPORTING', 'IMPORTING'), ('IMPORTING', 'COMPLETE'), ('IMPORTING', 'DIFFERS'), ('DIFFERS', 'COMPLETE'))
     AND NEW.rows_done >= OLD.rows_done
     AND (NEW.state <> 'COMPLETE' OR NEW.rows_total = (SELECT COUNT(*) FROM settlement_rawrow r WHERE r.file_id = NEW.id))
     AND (NEW.state <> 'COMPLETE' OR NOT EXISTS (
          SELECT 1 FROM settlement_settlementrow s WHERE s.file_id = NEW.id AND s.state = 'WAITING'))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'file_frozen' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER file_frozen BEFORE INSERT OR UPDATE OR DELETE ON settlement_settlementfile
FOR EACH ROW EXECUTE FUNCTION file_frozen();
CREATE TRIGGER file_frozen_truncated BEFORE TRUNCATE ON settlement_settlementfile
FOR EACH STATEMENT EXECUTE FUNCTION file_frozen();
-- reverse
DROP TRIGGER file_frozen ON settlement_settlementfile;
DROP TRIGGER file_frozen_truncated ON settlement_settlementfile;
DROP FUNCTION file_frozen();
