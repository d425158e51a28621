-- forward
CREATE FUNCTION payout_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'PREPARED' AND NEW.batch_id IS NULL AND NEW.entry_id IS NULL THEN
      RETURN NEW;
    END IF;
  ELSIF NEW.state = OLD.state OR (OLD.state, NEW.state) IN (
    ('PREPARED', 'IN_BATCH'),
    ('PREPARED', 'CANCELLED'),
    ('IN_BATCH', 'CANCELLED'),
    ('IN_BATCH', 'EXPORTED'),
    ('EXPORTED', 'CONFIRMED'),
    ('EXPORTED', 'FAILED'),
    ('CONFIRMED', 'ACKNOWLEDGED'),
    ('CONFIRMED', 'RETURNED'))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'payout_moves' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER payout_moves BEFORE INSERT OR UPDATE ON payouts_payout
FOR EACH ROW EXECUTE FUNCTION payout_moves();
-- reverse
DROP TRIGGER payout_moves ON payouts_payout;
DROP FUNCTION payout_moves();
