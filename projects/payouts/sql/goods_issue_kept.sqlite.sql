-- Goods handed out are entered undecided, decided once, by somebody else; their facts never change.
-- forward
CREATE TRIGGER payouts_goods_issue_kept BEFORE UPDATE ON payouts_goodsissue
WHEN
  NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.form_key IS NOT OLD.form_key
  OR NEW.request_id IS NOT OLD.request_id OR NEW.from_general IS NOT OLD.from_general
  OR NEW.amount_minor IS NOT OLD.amount_minor OR NEW.currency IS NOT OLD.currency OR NEW.goods IS NOT OLD.goods
  OR NEW.quantity IS NOT OLD.quantity OR NEW.unit IS NOT OLD.unit OR NEW.handed_out_on IS NOT OLD.handed_out_on
  OR NEW.evidence_sha256 IS NOT OLD.evidence_sha256 OR NEW.evidence_type IS NOT OLD.evidence_type
  OR NEW.entered_by_ref IS NOT OLD.entered_by_ref OR NEW.entered_at IS NOT OLD.entered_at
  OR NEW.decided_by_ref = NEW.entered_by_ref
  OR (OLD.state <> 'ENTERED' AND (
      NEW.state IS NOT OLD.state OR NEW.decided_by_ref IS NOT OLD.decided_by_ref
      OR NEW.decided_at IS NOT OLD.decided_at OR NEW.answer IS NOT OLD.answer
      OR NEW.entry_id IS NOT OLD.entry_id))
BEGIN
    SELECT RAISE(ABORT, 'goods_issue_kept: goods handed out are decided once and never changed');
END;
CREATE TRIGGER payouts_goods_issue_not_removed BEFORE DELETE ON payouts_goodsissue
BEGIN
    SELECT RAISE(ABORT, 'goods_issue_kept: goods handed out are decided once and never changed');
END;
CREATE TRIGGER payouts_goods_issue_begins BEFORE INSERT ON payouts_goodsissue
WHEN NEW.state <> 'ENTERED'
  OR EXISTS (SELECT 1 FROM payouts_goodsissue WHERE id = NEW.id OR ref = NEW.ref OR form_key = NEW.form_key
      OR entry_id = NEW.entry_id)
BEGIN
    SELECT RAISE(ABORT, 'goods_issue_kept: goods handed out are decided once and never changed');
END;
-- reverse
DROP TRIGGER payouts_goods_issue_begins;
DROP TRIGGER payouts_goods_issue_not_removed;
DROP TRIGGER payouts_goods_issue_kept;
