-- forward
CREATE TRIGGER payout_in_batch BEFORE UPDATE ON payouts_payout
WHEN (NEW.batch_id IS NOT OLD.batch_id AND (OLD.batch_id IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM payouts_payoutbatch b
          JOIN relief_award a ON a.id = NEW.award_id
          JOIN catalog_project c ON c.id = a.project_id
         WHERE b.id = NEW.batch_id AND b.state = 'PREPARED' AND b.currency = NEW.currency
           AND b.organisation_id = c.organisation_id)))
  OR (OLD.state = 'IN_BATCH' AND NEW.state = 'CANCELLED' AND NOT EXISTS (
        SELECT 1 FROM payouts_payoutbatch b WHERE b.id = NEW.batch_id AND b.state = 'PREPARED'))
  OR (OLD.state = 'IN_BATCH' AND NEW.state = 'EXPORTED' AND NOT EXISTS (
        SELECT 1 FROM payouts_payoutbatch b WHERE b.id = NEW.batch_id AND b.state = 'EXPORTED'))
BEGIN SELECT RAISE(ABORT, 'payout_in_batch'); END;
-- reverse
DROP TRIGGER payout_in_batch;
