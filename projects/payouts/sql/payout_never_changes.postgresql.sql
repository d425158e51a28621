-- forward
CREATE FUNCTION payout_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND
     (NEW.id, NEW.ref, NEW.award_id, NEW.attempt_of_id, NEW.amount_minor, NEW.currency, NEW.account_hash,
      NEW.end_to_end_id, NEW.prepared_by_ref, NEW.prepared_at)
     IS NOT DISTINCT FROM
     (OLD.id, OLD.ref, OLD.award_id, OLD.attempt_of_id, OLD.amount_minor, OLD.currency, OLD.account_hash,
      OLD.end_to_end_id, OLD.prepared_by_ref, OLD.prepared_at)
     AND (OLD.entry_id IS NULL OR NEW.entry_id IS NOT DISTINCT FROM OLD.entry_id)
     AND (OLD.return_entry_id IS NULL OR NEW.return_entry_id IS NOT DISTINCT FROM OLD.return_entry_id)
     AND (NEW.account_box = OLD.account_box
          OR (length(NEW.account_box) = 0 AND OLD.state NOT IN ('PREPARED', 'IN_BATCH', 'EXPORTED')))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'payout_never_changes' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payout_never_changes BEFORE UPDATE OR DELETE ON payouts_payout
FOR EACH ROW EXECUTE FUNCTION payout_never_changes();
CREATE TRIGGER payout_never_truncated BEFORE TRUNCATE ON payouts_payout
FOR EACH STATEMENT EXECUTE FUNCTION payout_never_changes();
-- reverse
DROP TRIGGER payout_never_changes ON payouts_payout;
DROP TRIGGER payout_never_truncated ON payouts_payout;
DROP FUNCTION payout_never_changes();
