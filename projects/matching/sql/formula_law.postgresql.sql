-- A formula is published as it was drafted and never changes; a period's pledge is the formula's share of its figure, its
-- facts never change, and it is decided once.
-- forward
CREATE FUNCTION matching_formula_law() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.published_at IS NULL THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' AND OLD.published_at IS NULL THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.published_at IS NULL AND
        (NEW.id, NEW.ref, NEW.matcher_id, NEW.project_id, NEW.currency, NEW.share_bps, NEW.ratio_bps,
            NEW.cap_per_gift_minor, NEW.opens_on, NEW.closes_on, NEW.drafted_by, NEW.base_zh, NEW.base_en)
        IS NOT DISTINCT FROM
        (OLD.id, OLD.ref, OLD.matcher_id, OLD.project_id, OLD.currency, OLD.share_bps, OLD.ratio_bps,
            OLD.cap_per_gift_minor, OLD.opens_on, OLD.closes_on, OLD.drafted_by, OLD.base_zh, OLD.base_en) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'formula_frozen: a formula is published as it was drafted and never changes' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER matching_formula_law BEFORE INSERT OR UPDATE OR DELETE ON matching_matchformula
    FOR EACH ROW EXECUTE FUNCTION matching_formula_law();
CREATE FUNCTION matching_period_law() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'ENTERED' OR NEW.pledged_minor IS DISTINCT FROM
            (SELECT NEW.base_minor * f.share_bps / 10000 FROM matching_matchformula f
                WHERE f.id = NEW.formula_id AND f.published_at IS NOT NULL
                AND NEW.starts_on >= f.opens_on AND NEW.ends_on <= f.closes_on)
            OR EXISTS (SELECT 1 FROM matching_formulaperiod p WHERE p.formula_id = NEW.formula_id
                AND p.state <> 'REFUSED' AND p.starts_on <= NEW.ends_on AND p.ends_on >= NEW.starts_on) THEN
            RAISE EXCEPTION 'period_law: a period has the share of its figure, and days of its own'
                USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'ENTERED' AND
        (NEW.id, NEW.ref, NEW.formula_id, NEW.starts_on, NEW.ends_on, NEW.base_minor, NEW.pledged_minor, NEW.opens_on,
            NEW.closes_on, NEW.evidence_sha256, NEW.entered_by, NEW.entered_at) IS NOT DISTINCT FROM
        (OLD.id, OLD.ref, OLD.formula_id, OLD.starts_on, OLD.ends_on, OLD.base_minor, OLD.pledged_minor, OLD.opens_on,
            OLD.closes_on, OLD.evidence_sha256, OLD.entered_by, OLD.entered_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'period_kept: a period stands as it was entered and is decided once' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER matching_period_law BEFORE INSERT OR UPDATE OR DELETE ON matching_formulaperiod
    FOR EACH ROW EXECUTE FUNCTION matching_period_law();
-- reverse
DROP TRIGGER matching_period_law ON matching_formulaperiod;
DROP FUNCTION matching_period_law();
DROP TRIGGER matching_formula_law ON matching_matchformula;
DROP FUNCTION matching_formula_law();
