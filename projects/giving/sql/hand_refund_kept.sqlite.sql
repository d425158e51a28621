-- A refund by hand is entered undecided, decided once, by somebody else; its facts never change.
-- forward
CREATE TRIGGER giving_hand_refund_kept BEFORE UPDATE ON giving_handrefund
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.form_key IS NOT OLD.form_key
  OR NEW.gift_id IS NOT OLD.gift_id OR NEW.amount_minor IS NOT OLD.amount_minor OR NEW.given_back_on IS NOT OLD.given_back_on
  OR NEW.reason IS NOT OLD.reason OR NEW.evidence_sha256 IS NOT OLD.evidence_sha256 OR NEW.evidence_type IS NOT OLD.evidence_type
  OR NEW.entered_by_ref IS NOT OLD.entered_by_ref OR NEW.entered_at IS NOT OLD.entered_at
  OR NEW.decided_by_ref = NEW.entered_by_ref
  OR (OLD.state <> 'ENTERED' AND (NEW.state IS NOT OLD.state OR NEW.decided_by_ref IS NOT OLD.decided_by_ref OR NEW.decided_at IS NOT OLD.decided_at
      OR NEW.answer IS NOT OLD.answer OR NEW.refund_id IS NOT OLD.refund_id))
BEGIN
    SELECT RAISE(ABORT, 'hand_refund_kept: a refund by hand is decided once and never changed');
END;
CREATE TRIGGER giving_hand_refund_not_removed BEFORE DELETE ON giving_handrefund
BEGIN
    SELECT RAISE(ABORT, 'hand_refund_kept: a refund by hand is decided once and never changed');
END;
CREATE TRIGGER giving_hand_refund_begins BEFORE INSERT ON giving_handrefund
WHEN NEW.state <> 'ENTERED'
  OR EXISTS (SELECT 1 FROM giving_handrefund WHERE id = NEW.id OR ref = NEW.ref OR form_key = NEW.form_key)
BEGIN
    SELECT RAISE(ABORT, 'hand_refund_kept: a refund by hand is decided once and never changed');
END;
-- reverse
DROP TRIGGER giving_hand_refund_begins;
DROP TRIGGER giving_hand_refund_not_removed;
DROP TRIGGER giving_hand_refund_kept;
