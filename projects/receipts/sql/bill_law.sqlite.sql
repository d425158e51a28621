-- A gift has at most one official bill that counts, and its charity is the gift's.
-- forward
CREATE TRIGGER receipts_bill_law BEFORE INSERT ON receipts_officialbill BEGIN
    SELECT RAISE(ABORT, 'bill_valid_once: the official bill before it still counts')
        WHERE EXISTS (SELECT 1 FROM receipts_officialbill b WHERE b.gift_ref = NEW.gift_ref
            AND NOT EXISTS (SELECT 1 FROM receipts_officialbillvoid v WHERE v.bill_id = b.id));
    SELECT RAISE(ABORT, 'bill_of_the_gift: an official bill is of the charity that received the gift')
        WHERE NOT EXISTS (SELECT 1 FROM giving_gift g WHERE g.ref = NEW.gift_ref
            AND g.organisation_id = NEW.organisation_id AND g.currency = NEW.currency);
END;
-- reverse
DROP TRIGGER receipts_bill_law;
