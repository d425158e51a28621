-- The donor on a receipt is never changed or removed; it may be blanked once, when the person is erased.
-- forward
CREATE FUNCTION receipts_donor_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.name = ''
            AND (NEW.id, NEW.receipt_id, NEW.kind) = (OLD.id, OLD.receipt_id, OLD.kind) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'receipt_donor_kept: the donor on a receipt may be blanked once and nothing else'
        USING ERRCODE = '23514';
END $$;
CREATE TRIGGER receipts_donor_kept BEFORE UPDATE OR DELETE ON receipts_receiptdonor
    FOR EACH ROW EXECUTE FUNCTION receipts_donor_kept();
CREATE TRIGGER receipts_donor_not_emptied BEFORE TRUNCATE ON receipts_receiptdonor
    FOR EACH STATEMENT EXECUTE FUNCTION receipts_donor_kept();
-- reverse
DROP TRIGGER receipts_donor_not_emptied ON receipts_receiptdonor;
DROP TRIGGER receipts_donor_kept ON receipts_receiptdonor;
DROP FUNCTION receipts_donor_kept();
