-- forward
CREATE FUNCTION row_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.ref, NEW.file_id, NEW.number, NEW.kind, NEW.row_id, NEW.origin_id, NEW.dedupe_key, NEW.amount_minor, NEW.fee_minor, NEW.currency, NEW."on", NEW.duplicate_of_id)
         IS NOT DISTINCT FROM
         (OLD.id, OLD.ref, OLD.file_id, OLD.number, OLD.kind, OLD.row_id, OLD.origin_id, OLD.dedupe_key, OLD.amount_minor, OLD.fee_minor, OLD.currency, OLD."on", OLD.duplicate_of_id)
     AND (OLD.state, NEW.state) IN (('WAITING', 'REFUND'), ('WAITING', 'FEE'), ('WAITING', 'SUSPENSE'))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'row_decided' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER row_decided BEFORE UPDATE OR DELETE ON settlement_settlementrow
FOR EACH ROW EXECUTE FUNCTION row_decided();
CREATE TRIGGER row_decided_truncated BEFORE TRUNCATE ON settlement_settlementrow
FOR EACH STATEMENT EXECUTE FUNCTION row_decided();
-- reverse
DROP TRIGGER row_decided ON settlement_settlementrow;
DROP TRIGGER row_decided_truncated ON settlement_settlementrow;
DROP FUNCTION row_decided();
