-- The matches of a pot are one unbroken chain, and what they promise never passes the pledge or the version's cap in all.
-- Those of one day, and those of one donor, are chains of their own: what was matched before stands in each, so that no
-- cap per day or per donor is passed. A frozen pot answers nothing.
-- forward
CREATE FUNCTION matching_match_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_place bigint; last_stop bigint; released bigint; pledged bigint; cap bigint; published timestamptz;
    day_cap bigint; donor_cap bigint; day_before bigint; donor_before bigint;
BEGIN
    SELECT place, stop INTO last_place, last_stop FROM matching_match
        WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1;
    IF NEW.place <> COALESCE(last_place, 0) + 1 OR NEW.start <> COALESCE(last_stop, 0) THEN
        RAISE EXCEPTION 'match_chain: a match starts where the one before it stops' USING ERRCODE = '23514';
    END IF;
    IF (SELECT is_frozen FROM matching_matchfreeze WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1) THEN
        RAISE EXCEPTION 'match_frozen: a frozen pot answers nothing' USING ERRCODE = '23514';
    END IF;
    SELECT r.cap_total_minor, r.published_at, p.pledged_minor, r.cap_per_day_minor, r.cap_per_donor_minor
        INTO cap, published, pledged, day_cap, donor_cap
        FROM matching_matchrule r JOIN matching_matchpool p ON p.id = r.pool_id
        WHERE r.id = NEW.rule_id AND r.pool_id = NEW.pool_id;
    IF published IS NULL THEN
        RAISE EXCEPTION 'match_rule: a match follows a published version of its own pot' USING ERRCODE = '23514';
    END IF;
    SELECT stop INTO released FROM matching_matchrelease WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1;
    IF NEW.matched_minor > 0 AND NEW.stop - COALESCE(released, 0) > LEAST(pledged, COALESCE(cap, pledged)) THEN
        RAISE EXCEPTION 'match_over_committed: the pot does not hold this much' USING ERRCODE = '23514';
    END IF;
    SELECT day_before_minor + matched_minor INTO day_before FROM matching_match
        WHERE pool_id = NEW.pool_id AND gift_on = NEW.gift_on ORDER BY place DESC LIMIT 1;
    IF NEW.donor_ref <> '' THEN
        SELECT donor_before_minor + matched_minor INTO donor_before FROM matching_match
            WHERE pool_id = NEW.pool_id AND donor_ref <> '' AND donor_ref = NEW.donor_ref ORDER BY place DESC LIMIT 1;
    END IF;
    IF NEW.day_before_minor <> COALESCE(day_before, 0) OR NEW.donor_before_minor <> COALESCE(donor_before, 0) THEN
        RAISE EXCEPTION 'match_sums: what was matched before is not what is said here' USING ERRCODE = '23514';
    END IF;
    IF NEW.matched_minor > 0 AND (NEW.day_before_minor + NEW.matched_minor > day_cap
        OR NEW.donor_before_minor + NEW.matched_minor > donor_cap
        OR (donor_cap IS NOT NULL AND NEW.donor_ref = '')) THEN
        RAISE EXCEPTION 'match_over_cap: the cap per donor or per day is passed' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_match_law BEFORE INSERT ON matching_match FOR EACH ROW EXECUTE FUNCTION matching_match_law();
-- reverse
DROP TRIGGER matching_match_law ON matching_match;
DROP FUNCTION matching_match_law();
