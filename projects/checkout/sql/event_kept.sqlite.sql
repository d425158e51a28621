-- A provider's message is never changed or removed. Its personal part may be blanked, once: shorter, without signature.
-- forward
CREATE TRIGGER checkout_event_kept BEFORE UPDATE ON checkout_stripeevent
WHEN NOT (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.signature = ''
    AND typeof(NEW.payload) = 'blob' AND length(NEW.payload) <= length(OLD.payload)
    AND NEW.id IS OLD.id AND NEW.event_id IS OLD.event_id AND NEW.type IS OLD.type AND NEW.livemode IS OLD.livemode
    AND NEW.api_version IS OLD.api_version AND NEW.received_at IS OLD.received_at)
BEGIN
    SELECT RAISE(ABORT, 'event_kept: a payment message may be blanked once and nothing else');
END;
CREATE TRIGGER checkout_event_not_removed BEFORE DELETE ON checkout_stripeevent
BEGIN
    SELECT RAISE(ABORT, 'event_kept: a payment message may be blanked once and nothing else');
END;
CREATE TRIGGER checkout_event_not_replaced BEFORE INSERT ON checkout_stripeevent
WHEN EXISTS (SELECT 1 FROM checkout_stripeevent WHERE id = NEW.id OR event_id = NEW.event_id)
BEGIN
    SELECT RAISE(ABORT, 'event_kept: a payment message may be blanked once and nothing else');
END;
-- reverse
DROP TRIGGER checkout_event_not_replaced;
DROP TRIGGER checkout_event_not_removed;
DROP TRIGGER checkout_event_kept;
