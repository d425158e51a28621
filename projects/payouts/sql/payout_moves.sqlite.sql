-- forward
CREATE TRIGGER payout_moves BEFORE UPDATE ON payouts_payout
WHEN NEW.state IS NOT OLD.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('PREPARED', 'IN_BATCH'),
    ('PREPARED', 'CANCELLED'),
    ('IN_BATCH', 'CANCELLED'),
    ('IN_BATCH', 'EXPORTED'),
    ('EXPORTED', 'CONFIRMED'),
    ('EXPORTED', 'FAILED'),
    ('CONFIRMED', 'ACKNOWLEDGED'),
    ('CONFIRMED', 'RETURNED'))
BEGIN SELECT RAISE(ABORT, 'payout_moves'); END;
CREATE TRIGGER payout_born_prepared BEFORE INSERT ON payouts_payout
WHEN NEW.state <> 'PREPARED' OR NEW.batch_id IS NOT NULL OR NEW.entry_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'payout_moves'); END;
-- reverse
DROP TRIGGER payout_moves;
DROP TRIGGER payout_born_prepared;
