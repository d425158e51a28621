-- A formula is published as it was drafted and never changes; a period's pledge is the formula's share of its figure, its
-- facts never change, and it is decided once.
-- forward
CREATE TRIGGER matching_formula_law BEFORE UPDATE ON matching_matchformula
WHEN OLD.published_at IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref
    OR NEW.matcher_id IS NOT OLD.matcher_id OR NEW.project_id IS NOT OLD.project_id
    OR NEW.currency IS NOT OLD.currency OR NEW.share_bps IS NOT OLD.share_bps OR NEW.ratio_bps IS NOT OLD.ratio_bps
    OR NEW.cap_per_gift_minor IS NOT OLD.cap_per_gift_minor OR NEW.opens_on IS NOT OLD.opens_on
    OR NEW.closes_on IS NOT OLD.closes_on OR NEW.drafted_by IS NOT OLD.drafted_by
    OR NEW.base_zh IS NOT OLD.base_zh OR NEW.base_en IS NOT OLD.base_en
BEGIN
    SELECT RAISE(ABORT, 'formula_frozen: a formula is published as it was drafted and never changes');
END;
CREATE TRIGGER matching_formula_kept BEFORE DELETE ON matching_matchformula WHEN OLD.published_at IS NOT NULL BEGIN
    SELECT RAISE(ABORT, 'formula_frozen: a formula is published as it was drafted and never changes');
END;
CREATE TRIGGER matching_formula_drafted BEFORE INSERT ON matching_matchformula
WHEN NEW.published_at IS NOT NULL
    OR EXISTS (SELECT 1 FROM matching_matchformula f WHERE f.id = NEW.id OR f.ref = NEW.ref OR f.slug = NEW.slug)
BEGIN
    SELECT RAISE(ABORT, 'formula_frozen: a formula is published as it was drafted and never changes');
END;
CREATE TRIGGER matching_period_law BEFORE INSERT ON matching_formulaperiod
WHEN NEW.state <> 'ENTERED'
    OR NEW.pledged_minor IS NOT (SELECT NEW.base_minor * f.share_bps / 10000 FROM matching_matchformula f
        WHERE f.id = NEW.formula_id AND f.published_at IS NOT NULL
        AND NEW.starts_on >= f.opens_on AND NEW.ends_on <= f.closes_on)
    OR EXISTS (SELECT 1 FROM matching_formulaperiod p WHERE p.id = NEW.id OR p.ref = NEW.ref
        OR (p.formula_id = NEW.formula_id AND p.state <> 'REFUSED'
            AND p.starts_on <= NEW.ends_on AND p.ends_on >= NEW.starts_on))
BEGIN
    SELECT RAISE(ABORT, 'period_law: a period has the share of its figure, and days of its own');
END;
CREATE TRIGGER matching_period_kept BEFORE UPDATE ON matching_formulaperiod
WHEN OLD.state <> 'ENTERED' OR NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref
    OR NEW.formula_id IS NOT OLD.formula_id OR NEW.starts_on IS NOT OLD.starts_on OR NEW.ends_on IS NOT OLD.ends_on
    OR NEW.base_minor IS NOT OLD.base_minor OR NEW.pledged_minor IS NOT OLD.pledged_minor
    OR NEW.opens_on IS NOT OLD.opens_on OR NEW.closes_on IS NOT OLD.closes_on
    OR NEW.evidence_sha256 IS NOT OLD.evidence_sha256 OR NEW.entered_by IS NOT OLD.entered_by
    OR NEW.entered_at IS NOT OLD.entered_at
BEGIN
    SELECT RAISE(ABORT, 'period_kept: a period stands as it was entered and is decided once');
END;
CREATE TRIGGER matching_period_not_removed BEFORE DELETE ON matching_formulaperiod BEGIN
    SELECT RAISE(ABORT, 'period_kept: a period stands as it was entered and is decided once');
END;
-- reverse
DROP TRIGGER matching_period_not_removed;
DROP TRIGGER matching_period_kept;
DROP TRIGGER matching_period_law;
DROP TRIGGER matching_formula_drafted;
DROP TRIGGER matching_formula_kept;
DROP TRIGGER matching_formula_law;
