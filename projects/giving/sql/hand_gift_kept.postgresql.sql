-- A gift in cash or goods is entered undecided, decided once, by somebody else; its facts never change. The person may be blanked.
-- forward
CREATE FUNCTION giving_hand_gift_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'ENTERED' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND (NEW.id, NEW.ref, NEW.form_key, NEW.organisation_id, NEW.project_id, NEW.amount_minor, NEW.currency,
             NEW.received_on, NEW.visibility, NEW.language, NEW.evidence_sha256, NEW.evidence_type, NEW.entered_by_ref,
             NEW.entered_at, NEW.goods, NEW.quantity, NEW.unit, NEW.value_basis, NEW.evidence_minor)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.ref, OLD.form_key, OLD.organisation_id, OLD.project_id, OLD.amount_minor, OLD.currency,
             OLD.received_on, OLD.visibility, OLD.language, OLD.evidence_sha256, OLD.evidence_type, OLD.entered_by_ref,
             OLD.entered_at, OLD.goods, OLD.quantity, OLD.unit, OLD.value_basis, OLD.evidence_minor)
        AND ((NEW.donor_name, NEW.email) = (OLD.donor_name, OLD.email) OR (NEW.donor_name, NEW.email) = ('', ''))
        AND NEW.decided_by_ref <> NEW.entered_by_ref
        AND (OLD.state = 'ENTERED'
             OR (NEW.state, NEW.decided_by_ref, NEW.decided_at, NEW.reason, NEW.gift_id)
                IS NOT DISTINCT FROM (OLD.state, OLD.decided_by_ref, OLD.decided_at, OLD.reason, OLD.gift_id)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'hand_gift_kept: a gift in cash is decided once and never changed' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER giving_hand_gift_kept BEFORE INSERT OR UPDATE OR DELETE ON giving_handgift
    FOR EACH ROW EXECUTE FUNCTION giving_hand_gift_kept();
CREATE TRIGGER giving_hand_gift_not_emptied BEFORE TRUNCATE ON giving_handgift
    FOR EACH STATEMENT EXECUTE FUNCTION giving_hand_gift_kept();
-- reverse
DROP TRIGGER giving_hand_gift_not_emptied ON giving_handgift;
DROP TRIGGER giving_hand_gift_kept ON giving_handgift;
DROP FUNCTION giving_hand_gift_kept();
