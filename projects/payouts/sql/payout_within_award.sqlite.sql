-- forward
CREATE TRIGGER payout_within_award BEFORE INSERT ON payouts_payout
WHEN NOT EXISTS (SELECT 1 FROM relief_award a
                 WHERE a.id = NEW.award_id AND a.currency = NEW.currency AND a.state IN ('COMMITTED', 'PAYING')
                   AND a.amount_minor >= NEW.amount_minor + (
                     SELECT COALESCE(SUM(p.amount_minor), 0) FROM payouts_payout p
                     WHERE p.award_id = NEW.award_id
                       AND p.state IN ('PREPARED', 'IN_BATCH', 'EXPORTED', 'CONFIRMED', 'ACKNOWLEDGED')))
BEGIN SELECT RAISE(ABORT, 'payout_within_award'); END;
-- reverse
DROP TRIGGER payout_within_award;
