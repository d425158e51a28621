-- forward
CREATE FUNCTION payout_in_batch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  batch record;
  owner bigint;
BEGIN
  IF NEW.batch_id IS NOT DISTINCT FROM OLD.batch_id
     AND NOT (OLD.state = 'IN_BATCH' AND NEW.state IN ('CANCELLED', 'EXPORTED'))
  THEN
    RETURN NEW;
  END IF;
  -- Waits for whoever is releasing the batch, so that no row slips in beside the totals.
  SELECT * INTO batch FROM payouts_payoutbatch WHERE id = NEW.batch_id FOR SHARE;
  IF NEW.batch_id IS DISTINCT FROM OLD.batch_id THEN
    SELECT c.organisation_id INTO owner FROM relief_award a JOIN catalog_project c ON c.id = a.project_id
     WHERE a.id = NEW.award_id;
    IF OLD.batch_id IS NOT NULL OR batch.state IS DISTINCT FROM 'PREPARED' OR batch.currency <> NEW.currency
       OR batch.organisation_id IS DISTINCT FROM owner
    THEN
      RAISE EXCEPTION 'payout_in_batch' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF batch.state IS DISTINCT FROM (CASE NEW.state WHEN 'CANCELLED' THEN 'PREPARED' ELSE 'EXPORTED' END) THEN
    RAISE EXCEPTION 'payout_in_batch' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payout_in_batch BEFORE UPDATE ON payouts_payout
FOR EACH ROW EXECUTE FUNCTION payout_in_batch();
-- reverse
DROP TRIGGER payout_in_batch ON payouts_payout;
DROP FUNCTION payout_in_batch();
