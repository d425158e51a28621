-- forward
CREATE TRIGGER batch_frozen BEFORE UPDATE ON payouts_payoutbatch
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.organisation_id IS NOT OLD.organisation_id
  OR NEW.currency IS NOT OLD.currency OR NEW.bank_code IS NOT OLD.bank_code
  OR NEW.prepared_by_ref IS NOT OLD.prepared_by_ref OR NEW.prepared_at IS NOT OLD.prepared_at
  OR (OLD.state <> 'PREPARED' AND (
        NEW.released_by_ref IS NOT OLD.released_by_ref OR NEW.released_at IS NOT OLD.released_at
        OR NEW.total_minor IS NOT OLD.total_minor OR NEW.count IS NOT OLD.count OR NEW.digest IS NOT OLD.digest))
  OR (NEW.state IS NOT OLD.state AND (OLD.state, NEW.state) NOT IN (VALUES
        ('PREPARED', 'RELEASED'), ('PREPARED', 'CANCELLED'), ('RELEASED', 'EXPORTED'), ('EXPORTED', 'CLOSED')))
  OR (NEW.state = 'RELEASED' AND (
        NEW.count = 0 OR length(NEW.digest) <> 64
        OR NEW.count <> (SELECT COUNT(*) FROM payouts_payout p WHERE p.batch_id = NEW.id AND p.state = 'IN_BATCH')
        OR NEW.total_minor <> (SELECT SUM(p.amount_minor) FROM payouts_payout p
                                WHERE p.batch_id = NEW.id AND p.state = 'IN_BATCH')))
BEGIN SELECT RAISE(ABORT, 'batch_frozen'); END;
CREATE TRIGGER batch_never_deleted BEFORE DELETE ON payouts_payoutbatch
BEGIN SELECT RAISE(ABORT, 'batch_frozen'); END;
CREATE TRIGGER batch_born_prepared BEFORE INSERT ON payouts_payoutbatch
WHEN NEW.state <> 'PREPARED' OR EXISTS (SELECT 1 FROM payouts_payoutbatch b WHERE b.id = NEW.id OR b.ref = NEW.ref)
BEGIN SELECT RAISE(ABORT, 'batch_frozen'); END;
-- reverse
DROP TRIGGER batch_frozen;
DROP TRIGGER batch_never_deleted;
DROP TRIGGER batch_born_prepared;
