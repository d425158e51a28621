-- The matches of a pot are one unbroken chain, and what they promise never passes the pledge or the version's cap in all.
-- forward
CREATE FUNCTION matching_match_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_place bigint; last_stop bigint; released bigint; pledged bigint; cap bigint; published timestamptz;
BEGIN
    SELECT place, stop INTO last_place, last_stop FROM matching_match
        WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1;
    IF NEW.place <> COALESCE(last_place, 0) + 1 OR NEW.start <> COALESCE(last_stop, 0) THEN
        RAISE EXCEPTION 'match_chain: a match starts where the one before it stops' USING ERRCODE = '23514';
    END IF;
    SELECT r.cap_total_minor, r.published_at, p.pledged_minor INTO cap, published, pledged
        FROM matching_matchrule r JOIN matching_matchpool p ON p.id = r.pool_id
        WHERE r.id = NEW.rule_id AND r.pool_id = NEW.pool_id;
    IF published IS NULL THEN
        RAISE EXCEPTION 'match_rule: a match follows a published version of its own pot' USING ERRCODE = '23514';
    END IF;
    SELECT stop INTO released FROM matching_matchrelease WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1;
    IF NEW.matched_minor > 0 AND NEW.stop - COALESCE(released, 0) > LEAST(pledged, COALESCE(cap, pledged)) THEN
        RAISE EXCEPTION 'match_over_committed: the pot does not hold this much' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_match_law BEFORE INSERT ON matching_match FOR EACH ROW EXECUTE FUNCTION matching_match_law();
-- reverse
DROP TRIGGER matching_match_law ON matching_match;
DROP FUNCTION matching_match_law();
