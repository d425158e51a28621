-- Serials of an issuer and year follow each other without a gap; a gift has at most one receipt that counts.
-- forward
CREATE FUNCTION receipts_receipt_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_serial int; last_edition int;
BEGIN
    SELECT MAX(serial) INTO last_serial FROM receipts_receipt WHERE issuer_id = NEW.issuer_id AND year = NEW.year;
    IF NEW.serial <> COALESCE(last_serial, 0) + 1 THEN
        RAISE EXCEPTION 'receipt_serial: the next serial is the last one plus one' USING ERRCODE = '23514';
    END IF;
    SELECT MAX(edition) INTO last_edition FROM receipts_receipt WHERE gift_ref = NEW.gift_ref;
    IF NEW.edition <> COALESCE(last_edition, 0) + 1 THEN
        RAISE EXCEPTION 'receipt_edition: the next edition is the last one plus one' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (SELECT 1 FROM receipts_receipt r WHERE r.gift_ref = NEW.gift_ref
        AND NOT EXISTS (SELECT 1 FROM receipts_receiptvoid v WHERE v.receipt_id = r.id)) THEN
        RAISE EXCEPTION 'receipt_valid_once: the receipt before it still counts' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER receipts_receipt_law BEFORE INSERT ON receipts_receipt
    FOR EACH ROW EXECUTE FUNCTION receipts_receipt_law();
-- reverse
DROP TRIGGER receipts_receipt_law ON receipts_receipt;
DROP FUNCTION receipts_receipt_law();
