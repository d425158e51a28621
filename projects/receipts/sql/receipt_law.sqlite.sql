-- Serials of an issuer and year follow each other without a gap; a gift has at most one receipt that counts.
-- forward
CREATE TRIGGER receipts_receipt_law BEFORE INSERT ON receipts_receipt BEGIN
    SELECT RAISE(ABORT, 'receipt_serial: the next serial is the last one plus one')
        WHERE NEW.serial IS NOT COALESCE(
            (SELECT MAX(serial) FROM receipts_receipt WHERE issuer_id = NEW.issuer_id AND year = NEW.year), 0) + 1;
    SELECT RAISE(ABORT, 'receipt_edition: the next edition is the last one plus one')
        WHERE NEW.edition IS NOT COALESCE(
            (SELECT MAX(edition) FROM receipts_receipt WHERE gift_ref = NEW.gift_ref), 0) + 1;
    SELECT RAISE(ABORT, 'receipt_valid_once: the receipt before it still counts')
        WHERE EXISTS (SELECT 1 FROM receipts_receipt r WHERE r.gift_ref = NEW.gift_ref
            AND NOT EXISTS (SELECT 1 FROM receipts_receiptvoid v WHERE v.receipt_id = r.id));
END;
-- reverse
DROP TRIGGER receipts_receipt_law;
