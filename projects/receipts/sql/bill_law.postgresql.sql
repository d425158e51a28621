-- A gift has at most one official bill that counts, and its charity is the gift's.
-- forward
CREATE FUNCTION receipts_bill_law() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM receipts_officialbill b WHERE b.gift_ref = NEW.gift_ref
        AND NOT EXISTS (SELECT 1 FROM receipts_officialbillvoid v WHERE v.bill_id = b.id)) THEN
        RAISE EXCEPTION 'bill_valid_once: the official bill before it still counts' USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM giving_gift g WHERE g.ref = NEW.gift_ref
        AND g.organisation_id = NEW.organisation_id AND g.currency = NEW.currency) THEN
        RAISE EXCEPTION 'bill_of_the_gift: an official bill is of the charity that received the gift'
            USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER receipts_bill_law BEFORE INSERT ON receipts_officialbill
    FOR EACH ROW EXECUTE FUNCTION receipts_bill_law();
-- reverse
DROP TRIGGER receipts_bill_law ON receipts_officialbill;
DROP FUNCTION receipts_bill_law();
