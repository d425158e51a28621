-- The matches of a pot are one unbroken chain, and with what is held for others and what was withdrawn they never pass the
-- pledge; nor, with what is held, the version's cap in all, unless that much was held for the gift itself. Those of one day,
-- and those of one donor, are chains of their own: what was matched before stands in each, so that no cap per day or per
-- donor is passed. A gift's later rounds follow one another, and give it no more than its first one lacked. A frozen pot
-- answers nothing.
-- forward
CREATE FUNCTION matching_match_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_place bigint; last_stop bigint; released bigint; pledged bigint; cap bigint; published timestamptz;
    day_cap bigint; donor_cap bigint; day_before bigint; donor_before bigint;
    held bigint; reserved bigint; withdrawn bigint; last_round bigint; standing bigint; first matching_match;
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
    SELECT e.stop - e.start INTO held FROM matching_matchholdend e JOIN matching_matchhold h ON h.id = e.hold_id
        WHERE h.pool_id = NEW.pool_id AND h.gift_ref = NEW.gift_ref AND e.ended_index = NEW.gift_index AND NEW.round = 1;
    IF NEW.held_minor <> COALESCE(held, 0) THEN
        RAISE EXCEPTION 'match_held: what was held for the gift is not what is said here' USING ERRCODE = '23514';
    END IF;
    reserved := COALESCE((SELECT stop FROM matching_matchhold WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        - COALESCE((SELECT stop FROM matching_matchholdend WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0);
    withdrawn := COALESCE(
        (SELECT stop FROM matching_matchwithdrawal WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0);
    IF NEW.matched_minor > 0 AND NEW.stop - COALESCE(released, 0) + reserved > LEAST(pledged - withdrawn,
        CASE WHEN NEW.held_minor > 0 THEN pledged ELSE COALESCE(cap, pledged) END) THEN
        RAISE EXCEPTION 'match_over_committed: the pot does not hold this much' USING ERRCODE = '23514';
    END IF;
    SELECT MAX(round) INTO last_round FROM matching_match WHERE pool_id = NEW.pool_id AND gift_ref = NEW.gift_ref;
    IF NEW.round <> COALESCE(last_round, 0) + 1 THEN
        RAISE EXCEPTION 'match_rounds: a later round follows on the one before, by the same version'
            USING ERRCODE = '23514';
    END IF;
    IF NEW.round > 1 THEN
        SELECT * INTO first FROM matching_match WHERE pool_id = NEW.pool_id AND gift_ref = NEW.gift_ref AND round = 1;
        IF first.rule_id <> NEW.rule_id OR first.gift_index <> NEW.gift_index
            OR NOT (SELECT reoffers FROM matching_matchrule WHERE id = NEW.rule_id) THEN
            RAISE EXCEPTION 'match_rounds: a later round follows on the one before, by the same version'
                USING ERRCODE = '23514';
        END IF;
        SELECT SUM(m.matched_minor) - COALESCE((SELECT SUM(x.released_minor) FROM matching_matchrelease x
                JOIN matching_match y ON y.id = x.match_id
                WHERE y.pool_id = NEW.pool_id AND y.gift_ref = NEW.gift_ref), 0)
            INTO standing FROM matching_match m WHERE m.pool_id = NEW.pool_id AND m.gift_ref = NEW.gift_ref;
        IF standing + NEW.matched_minor > first.wanted_minor THEN
            RAISE EXCEPTION 'match_over_wanted: a gift is matched with no more than its version wanted'
                USING ERRCODE = '23514';
        END IF;
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
