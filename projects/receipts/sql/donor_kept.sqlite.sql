-- The donor on a receipt is never changed or removed; it may be blanked once, when the person is erased.
-- forward
CREATE TRIGGER receipts_donor_kept BEFORE UPDATE ON receipts_receiptdonor
WHEN NOT (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.name = ''
    AND NEW.id IS OLD.id AND NEW.receipt_id IS OLD.receipt_id AND NEW.kind IS OLD.kind)
BEGIN
    SELECT RAISE(ABORT, 'receipt_donor_kept: the donor on a receipt may be blanked once and nothing else');
END;
CREATE TRIGGER receipts_donor_not_removed BEFORE DELETE ON receipts_receiptdonor BEGIN
    SELECT RAISE(ABORT, 'receipt_donor_kept: the donor on a receipt may be blanked once and nothing else');
END;
CREATE TRIGGER receipts_donor_not_replaced BEFORE INSERT ON receipts_receiptdonor
WHEN EXISTS (SELECT 1 FROM receipts_receiptdonor WHERE id = NEW.id OR receipt_id = NEW.receipt_id)
BEGIN
    SELECT RAISE(ABORT, 'receipt_donor_kept: the donor on a receipt may be blanked once and nothing else');
END;
-- reverse
DROP TRIGGER receipts_donor_not_replaced;
DROP TRIGGER receipts_donor_not_removed;
DROP TRIGGER receipts_donor_kept;
