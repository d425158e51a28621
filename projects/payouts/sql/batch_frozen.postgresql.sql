-- forward
CREATE FUNCTION batch_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  rows bigint;
  total bigint;
BEGIN
  IF TG_OP = 'INSERT' AND NEW.state = 'PREPARED' THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.ref, NEW.organisation_id, NEW.currency, NEW.bank_code, NEW.prepared_by_ref, NEW.prepared_at)
         IS NOT DISTINCT FROM
         (OLD.id, OLD.ref, OLD.organisation_id, OLD.currency, OLD.bank_code, OLD.prepared_by_ref, OLD.prepared_at)
     AND (OLD.state = 'PREPARED' OR
          (NEW.released_by_ref, NEW.released_at, NEW.total_minor, NEW.count, NEW.digest) IS NOT DISTINCT FROM
          (OLD.released_by_ref, OLD.released_at, OLD.total_minor, OLD.count, OLD.digest))
     AND (NEW.state = OLD.state OR (OLD.state, NEW.state) IN (
          ('PREPARED', 'RELEASED'), ('PREPARED', 'CANCELLED'), ('RELEASED', 'EXPORTED'), ('EXPORTED', 'CLOSED')))
  THEN
    IF NEW.state <> 'RELEASED' OR OLD.state = 'RELEASED' THEN
      RETURN NEW;
    END IF;
    SELECT COUNT(*), SUM(amount_minor) INTO rows, total FROM payouts_payout
     WHERE batch_id = NEW.id AND state = 'IN_BATCH';
    IF NEW.count > 0 AND NEW.count = rows AND NEW.total_minor = total AND length(NEW.digest) = 64 THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'batch_frozen' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER batch_frozen BEFORE INSERT OR UPDATE OR DELETE ON payouts_payoutbatch
FOR EACH ROW EXECUTE FUNCTION batch_frozen();
CREATE TRIGGER batch_never_truncated BEFORE TRUNCATE ON payouts_payoutbatch
FOR EACH STATEMENT EXECUTE FUNCTION batch_frozen();
-- reverse
DROP TRIGGER batch_frozen ON payouts_payoutbatch;
DROP TRIGGER batch_never_truncated ON payouts_payoutbatch;
DROP FUNCTION batch_frozen();
