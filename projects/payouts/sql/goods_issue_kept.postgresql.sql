-- Goods handed out are entered undecided, decided once, by somebody else; their facts never change.
-- forward
CREATE FUNCTION payouts_goods_issue_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'ENTERED' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE'
        AND
            (NEW.id, NEW.ref, NEW.form_key, NEW.request_id, NEW.from_general, NEW.amount_minor, NEW.currency,
             NEW.goods, NEW.quantity, NEW.unit, NEW.handed_out_on, NEW.evidence_sha256, NEW.evidence_type,
             NEW.entered_by_ref, NEW.entered_at)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.ref, OLD.form_key, OLD.request_id, OLD.from_general, OLD.amount_minor, OLD.currency,
             OLD.goods, OLD.quantity, OLD.unit, OLD.handed_out_on, OLD.evidence_sha256, OLD.evidence_type,
             OLD.entered_by_ref, OLD.entered_at)
        AND NEW.decided_by_ref <> NEW.entered_by_ref
        AND (OLD.state = 'ENTERED'
             OR
            (NEW.state, NEW.decided_by_ref, NEW.decided_at, NEW.answer, NEW.entry_id)
                IS NOT DISTINCT FROM
            (OLD.state, OLD.decided_by_ref, OLD.decided_at, OLD.answer, OLD.entry_id)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'goods_issue_kept: goods handed out are decided once and never changed' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER payouts_goods_issue_kept BEFORE INSERT OR UPDATE OR DELETE ON payouts_goodsissue
    FOR EACH ROW EXECUTE FUNCTION payouts_goods_issue_kept();
CREATE TRIGGER payouts_goods_issue_not_emptied BEFORE TRUNCATE ON payouts_goodsissue
    FOR EACH STATEMENT EXECUTE FUNCTION payouts_goods_issue_kept();
-- reverse
DROP TRIGGER payouts_goods_issue_not_emptied ON payouts_goodsissue;
DROP TRIGGER payouts_goods_issue_kept ON payouts_goodsissue;
DROP FUNCTION payouts_goods_issue_kept();
