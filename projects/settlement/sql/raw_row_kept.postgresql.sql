-- forward
CREATE FUNCTION raw_row_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.file_id, NEW.number, NEW.cells, NEW.person_hash, NEW.digest)
         IS NOT DISTINCT FROM
         (OLD.id, OLD.file_id, OLD.number, OLD.cells, OLD.person_hash, OLD.digest)
     AND NEW.person = '' AND NEW.salt = ''
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'raw_row_kept' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER raw_row_kept BEFORE UPDATE OR DELETE ON settlement_rawrow
FOR EACH ROW EXECUTE FUNCTION raw_row_kept();
CREATE TRIGGER raw_row_never_truncated BEFORE TRUNCATE ON settlement_rawrow
FOR EACH STATEMENT EXECUTE FUNCTION raw_row_kept();
-- reverse
DROP TRIGGER raw_row_kept ON settlement_rawrow;
DROP TRIGGER raw_row_never_truncated ON settlement_rawrow;
DROP FUNCTION raw_row_kept();
