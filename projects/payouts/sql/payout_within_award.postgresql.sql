-- forward
CREATE FUNCTION payout_within_award() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  award record;
  standing bigint;
BEGIN
  -- Two payouts for one award queue here, so that each sees the other's amount.
  SELECT * INTO award FROM relief_award WHERE id = NEW.award_id FOR UPDATE;
  SELECT COALESCE(SUM(amount_minor), 0) INTO standing FROM payouts_payout
   WHERE award_id = NEW.award_id
     AND state IN ('PREPARED', 'IN_BATCH', 'EXPORTED', 'CONFIRMED', 'ACKNOWLEDGED');
  IF award.currency = NEW.currency AND award.state IN ('COMMITTED', 'PAYING')
     AND award.amount_minor >= NEW.amount_minor + standing
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'payout_within_award' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payout_within_award BEFORE INSERT ON payouts_payout
FOR EACH ROW EXECUTE FUNCTION payout_within_award();
-- reverse
DROP TRIGGER payout_within_award ON payouts_payout;
DROP FUNCTION payout_within_award();
