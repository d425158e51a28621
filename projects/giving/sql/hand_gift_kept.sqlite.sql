-- A gift in cash or goods is entered undecided, decided once, by somebody else; its facts never change. The person may be blanked.
-- forward
CREATE TRIGGER giving_hand_gift_kept BEFORE UPDATE ON giving_handgift
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.form_key IS NOT OLD.form_key
  OR NEW.organisation_id IS NOT OLD.organisation_id OR NEW.project_id IS NOT OLD.project_id
  OR NEW.amount_minor IS NOT OLD.amount_minor OR NEW.currency IS NOT OLD.currency
  OR NEW.received_on IS NOT OLD.received_on OR NEW.visibility IS NOT OLD.visibility OR NEW.language IS NOT OLD.language
  OR NEW.evidence_sha256 IS NOT OLD.evidence_sha256 OR NEW.evidence_type IS NOT OLD.evidence_type
  OR NEW.entered_by_ref IS NOT OLD.entered_by_ref OR NEW.entered_at IS NOT OLD.entered_at
  OR NEW.goods IS NOT OLD.goods OR NEW.quantity IS NOT OLD.quantity OR NEW.unit IS NOT OLD.unit
  OR NEW.value_basis IS NOT OLD.value_basis OR NEW.evidence_minor IS NOT OLD.evidence_minor
  OR NEW.decided_by_ref = NEW.entered_by_ref
  OR NOT ((NEW.donor_name IS OLD.donor_name AND NEW.email IS OLD.email) OR (NEW.donor_name = '' AND NEW.email = ''))
  OR (OLD.state <> 'ENTERED' AND (NEW.state IS NOT OLD.state OR NEW.decided_by_ref IS NOT OLD.decided_by_ref
      OR NEW.decided_at IS NOT OLD.decided_at OR NEW.reason IS NOT OLD.reason OR NEW.gift_id IS NOT OLD.gift_id))
BEGIN
    SELECT RAISE(ABORT, 'hand_gift_kept: a gift in cash is decided once and never changed');
END;
CREATE TRIGGER giving_hand_gift_not_removed BEFORE DELETE ON giving_handgift
BEGIN
    SELECT RAISE(ABORT, 'hand_gift_kept: a gift in cash is decided once and never changed');
END;
CREATE TRIGGER giving_hand_gift_begins BEFORE INSERT ON giving_handgift
WHEN NEW.state <> 'ENTERED'
  OR EXISTS (SELECT 1 FROM giving_handgift WHERE id = NEW.id OR ref = NEW.ref OR form_key = NEW.form_key)
BEGIN
    SELECT RAISE(ABORT, 'hand_gift_kept: a gift in cash is decided once and never changed');
END;
-- reverse
DROP TRIGGER giving_hand_gift_begins;
DROP TRIGGER giving_hand_gift_not_removed;
DROP TRIGGER giving_hand_gift_kept;
