-- A provider's message is never changed or removed. Its personal part may be blanked, once: shorter, without signature.
-- forward
CREATE FUNCTION checkout_event_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.signature = ''
            AND length(NEW.payload) <= length(OLD.payload)
            AND (NEW.id, NEW.event_id, NEW.type, NEW.livemode, NEW.api_version, NEW.received_at)
              = (OLD.id, OLD.event_id, OLD.type, OLD.livemode, OLD.api_version, OLD.received_at) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'event_kept: a payment message may be blanked once and nothing else'
        USING ERRCODE = '23514';
END $$;
CREATE TRIGGER checkout_event_kept BEFORE UPDATE OR DELETE ON checkout_stripeevent
    FOR EACH ROW EXECUTE FUNCTION checkout_event_kept();
CREATE TRIGGER checkout_event_not_emptied BEFORE TRUNCATE ON checkout_stripeevent
    FOR EACH STATEMENT EXECUTE FUNCTION checkout_event_kept();
-- reverse
DROP TRIGGER checkout_event_not_emptied ON checkout_stripeevent;
DROP TRIGGER checkout_event_kept ON checkout_stripeevent;
DROP FUNCTION checkout_event_kept();
