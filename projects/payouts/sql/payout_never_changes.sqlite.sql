-- forward
CREATE TRIGGER payout_never_changes BEFORE UPDATE ON payouts_payout
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.award_id IS NOT OLD.award_id
  OR NEW.attempt_of_id IS NOT OLD.attempt_of_id OR NEW.amount_minor IS NOT OLD.amount_minor
  OR NEW.currency IS NOT OLD.currency OR NEW.account_hash IS NOT OLD.account_hash
  OR NEW.end_to_end_id IS NOT OLD.end_to_end_id OR NEW.prepared_by_ref IS NOT OLD.prepared_by_ref
  OR NEW.prepared_at IS NOT OLD.prepared_at
  OR (OLD.entry_id IS NOT NULL AND NEW.entry_id IS NOT OLD.entry_id)
  OR (OLD.return_entry_id IS NOT NULL AND NEW.return_entry_id IS NOT OLD.return_entry_id)
  OR (NEW.account_box IS NOT OLD.account_box
      AND (length(NEW.account_box) > 0 OR OLD.state IN ('PREPARED', 'IN_BATCH', 'EXPORTED')))
BEGIN SELECT RAISE(ABORT, 'payout_never_changes'); END;
CREATE TRIGGER payout_never_deleted BEFORE DELETE ON payouts_payout
BEGIN SELECT RAISE(ABORT, 'payout_never_changes'); END;
CREATE TRIGGER payout_never_replaced BEFORE INSERT ON payouts_payout
WHEN EXISTS (SELECT 1 FROM payouts_payout p
             WHERE p.id = NEW.id OR p.ref = NEW.ref OR p.end_to_end_id = NEW.end_to_end_id)
BEGIN SELECT RAISE(ABORT, 'payout_never_changes'); END;
-- reverse
DROP TRIGGER payout_never_changes;
DROP TRIGGER payout_never_deleted;
DROP TRIGGER payout_never_replaced;
