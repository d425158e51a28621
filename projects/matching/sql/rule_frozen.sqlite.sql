-- A version is drafted first; publishing changes nothing but who and when; a published version is never changed or removed.
-- forward
CREATE TRIGGER matching_rule_drafted_first BEFORE INSERT ON matching_matchrule BEGIN
    SELECT RAISE(ABORT, 'rule_drafted_first: a version is drafted before it is published')
        WHERE NEW.published_at IS NOT NULL;
    -- REPLACE would remove the row without firing the DELETE trigger when recursive triggers are off.
    SELECT RAISE(ABORT, 'rule_frozen: a published version never changes')
        WHERE EXISTS (SELECT 1 FROM matching_matchrule WHERE published_at IS NOT NULL
            AND (id = NEW.id OR (pool_id = NEW.pool_id AND version = NEW.version)));
END;
CREATE TRIGGER matching_rule_frozen BEFORE UPDATE ON matching_matchrule BEGIN
    SELECT RAISE(ABORT, 'rule_frozen: a published version never changes') WHERE OLD.published_at IS NOT NULL;
    SELECT RAISE(ABORT, 'rule_published_as_drafted: publishing changes no terms')
        WHERE NEW.published_at IS NOT NULL AND (
            NEW.id IS NOT OLD.id OR NEW.pool_id IS NOT OLD.pool_id OR NEW.version IS NOT OLD.version
            OR NEW.ratio_bps IS NOT OLD.ratio_bps OR NEW.cap_per_gift_minor IS NOT OLD.cap_per_gift_minor
            OR NEW.cap_total_minor IS NOT OLD.cap_total_minor OR NEW.opens_on IS NOT OLD.opens_on
            OR NEW.closes_on IS NOT OLD.closes_on OR NEW.drafted_by IS NOT OLD.drafted_by
            OR NEW.drafted_at IS NOT OLD.drafted_at
            OR NEW.cap_per_donor_minor IS NOT OLD.cap_per_donor_minor
            OR NEW.cap_per_day_minor IS NOT OLD.cap_per_day_minor OR NEW.channels IS NOT OLD.channels
            OR NEW.rounding IS NOT OLD.rounding OR NEW.after_id IS NOT OLD.after_id
            OR NEW.reserves IS NOT OLD.reserves OR NEW.reoffers IS NOT OLD.reoffers);
END;
CREATE TRIGGER matching_rule_kept BEFORE DELETE ON matching_matchrule BEGIN
    SELECT RAISE(ABORT, 'rule_frozen: a published version never changes') WHERE OLD.published_at IS NOT NULL;
END;
-- reverse
DROP TRIGGER matching_rule_kept;
DROP TRIGGER matching_rule_frozen;
DROP TRIGGER matching_rule_drafted_first;
