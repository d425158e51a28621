-- A refund by hand is entered undecided, decided once, by somebody else; its facts never change.
-- forward
CREATE FUNCTION giving_hand_refund_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'ENTERED' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND (NEW.id, NEW.ref, NEW.form_key, NEW.gift_id, NEW.amount_minor, NEW.given_back_on,
             NEW.reason, NEW.evidence_sha256, NEW.evidence_type, NEW.entered_by_ref, NEW.entered_at)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.ref, OLD.form_key, OLD.gift_id, OLD.amount_minor, OLD.given_back_on,
             OLD.reason, OLD.evidence_sha256, OLD.evidence_type, OLD.entered_by_ref, OLD.entered_at)
        AND NEW.decided_by_ref <> NEW.entered_by_ref
        AND (OLD.state = 'ENTERED'
             OR (NEW.state, NEW.decided_by_ref, NEW.decided_at, NEW.answer, NEW.refund_id)
                IS NOT DISTINCT FROM (OLD.state, OLD.decided_by_ref, OLD.decided_at, OLD.answer, OLD.refund_id)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'hand_refund_kept: a refund by hand is decided once and never changed' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER giving_hand_refund_kept BEFORE INSERT OR UPDATE OR DELETE ON giving_handrefund
    FOR EACH ROW EXECUTE FUNCTION giving_hand_refund_kept();
CREATE TRIGGER giving_hand_refund_not_emptied BEFORE TRUNCATE ON giving_handrefund
    FOR EACH STATEMENT EXECUTE FUNCTION giving_hand_refund_kept();
-- reverse
DROP TRIGGER giving_hand_refund_not_emptied ON giving_handrefund;
DROP TRIGGER giving_hand_refund_kept ON giving_handrefund;
DROP FUNCTION giving_hand_refund_kept();
