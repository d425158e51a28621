-- A version is drafted first; publishing changes nothing but who and when; a published version is never changed or removed.
-- forward
CREATE FUNCTION matching_rule_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'rule_drafted_first: a version is drafted before it is published' USING ERRCODE = '23514';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'rule_frozen: a published version never changes' USING ERRCODE = '23514';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.published_at IS NOT NULL AND
        (NEW.id, NEW.pool_id, NEW.version, NEW.ratio_bps, NEW.cap_per_gift_minor, NEW.cap_total_minor, NEW.opens_on,
            NEW.closes_on, NEW.drafted_by, NEW.drafted_at, NEW.cap_per_donor_minor, NEW.cap_per_day_minor, NEW.channels,
            NEW.rounding, NEW.after_id, NEW.reserves, NEW.reoffers) IS DISTINCT FROM
        (OLD.id, OLD.pool_id, OLD.version, OLD.ratio_bps, OLD.cap_per_gift_minor, OLD.cap_total_minor, OLD.opens_on,
            OLD.closes_on, OLD.drafted_by, OLD.drafted_at, OLD.cap_per_donor_minor, OLD.cap_per_day_minor, OLD.channels,
            OLD.rounding, OLD.after_id, OLD.reserves, OLD.reoffers) THEN
        RAISE EXCEPTION 'rule_published_as_drafted: publishing changes no terms' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_rule_frozen BEFORE INSERT OR UPDATE OR DELETE ON matching_matchrule
    FOR EACH ROW EXECUTE FUNCTION matching_rule_frozen();
CREATE FUNCTION matching_rule_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rule_frozen: a published version never changes' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER matching_rule_kept BEFORE TRUNCATE ON matching_matchrule
    FOR EACH STATEMENT EXECUTE FUNCTION matching_rule_kept();
-- reverse
DROP TRIGGER matching_rule_kept ON matching_matchrule;
DROP FUNCTION matching_rule_kept();
DROP TRIGGER matching_rule_frozen ON matching_matchrule;
DROP FUNCTION matching_rule_frozen();
