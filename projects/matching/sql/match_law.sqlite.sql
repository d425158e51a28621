-- The matches of a pot are one unbroken chain, and with what is held for others and what was withdrawn they never pass the
-- pledge; nor, with what is held, the version's cap in all, unless that much was held for the gift itself. Those of one day,
-- and those of one donor, are chains of their own: what was matched before stands in each, so that no cap per day or per
-- donor is passed. A gift's later rounds follow one another, and give it no more than its first one lacked. A frozen pot
-- answers nothing.
-- forward
CREATE TRIGGER matching_match_law BEFORE INSERT ON matching_match BEGIN
    SELECT RAISE(ABORT, 'match_chain: a match starts where the one before it stops')
        WHERE NEW.place IS NOT COALESCE((SELECT MAX(place) FROM matching_match WHERE pool_id = NEW.pool_id), 0) + 1
        OR NEW.start IS NOT COALESCE(
            (SELECT stop FROM matching_match WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0);
    SELECT RAISE(ABORT, 'match_rule: a match follows a published version of its own pot')
        WHERE NOT EXISTS (SELECT 1 FROM matching_matchrule
            WHERE id = NEW.rule_id AND pool_id = NEW.pool_id AND published_at IS NOT NULL);
    SELECT RAISE(ABORT, 'match_held: what was held for the gift is not what is said here')
        WHERE NEW.held_minor IS NOT COALESCE((SELECT e.stop - e.start FROM matching_matchholdend e
            JOIN matching_matchhold h ON h.id = e.hold_id
            WHERE h.pool_id = NEW.pool_id AND h.gift_ref = NEW.gift_ref AND e.ended_index = NEW.gift_index
            AND NEW.round = 1), 0);
    SELECT RAISE(ABORT, 'match_over_committed: the pot does not hold this much')
        WHERE NEW.matched_minor > 0 AND NEW.stop - COALESCE(
            (SELECT stop FROM matching_matchrelease WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        + COALESCE((SELECT stop FROM matching_matchhold WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        - COALESCE((SELECT stop FROM matching_matchholdend WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        > (SELECT MIN(
            p.pledged_minor - COALESCE((SELECT stop FROM matching_matchwithdrawal w
                WHERE w.pool_id = p.id ORDER BY w.place DESC LIMIT 1), 0),
            CASE WHEN NEW.held_minor > 0 THEN p.pledged_minor ELSE COALESCE(r.cap_total_minor, p.pledged_minor) END)
            FROM matching_matchrule r JOIN matching_matchpool p ON p.id = r.pool_id WHERE r.id = NEW.rule_id);
    SELECT RAISE(ABORT, 'match_rounds: a later round follows on the one before, by the same version')
        WHERE NEW.round IS NOT COALESCE((SELECT MAX(round) FROM matching_match
            WHERE pool_id = NEW.pool_id AND gift_ref = NEW.gift_ref), 0) + 1
        OR (NEW.round > 1 AND NOT EXISTS (SELECT 1 FROM matching_match m JOIN matching_matchrule r ON r.id = m.rule_id
            WHERE m.pool_id = NEW.pool_id AND m.gift_ref = NEW.gift_ref AND m.round = 1 AND m.rule_id = NEW.rule_id
            AND m.gift_index = NEW.gift_index AND r.reoffers));
    SELECT RAISE(ABORT, 'match_over_wanted: a gift is matched with no more than its version wanted')
        WHERE NEW.round > 1 AND (SELECT SUM(m.matched_minor) - COALESCE((SELECT SUM(x.released_minor)
                FROM matching_matchrelease x JOIN matching_match y ON y.id = x.match_id
                WHERE y.pool_id = NEW.pool_id AND y.gift_ref = NEW.gift_ref), 0)
            FROM matching_match m WHERE m.pool_id = NEW.pool_id AND m.gift_ref = NEW.gift_ref) + NEW.matched_minor
        > (SELECT wanted_minor FROM matching_match
            WHERE pool_id = NEW.pool_id AND gift_ref = NEW.gift_ref AND round = 1);
    SELECT RAISE(ABORT, 'match_frozen: a frozen pot answers nothing')
        WHERE (SELECT is_frozen FROM matching_matchfreeze WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1);
    SELECT RAISE(ABORT, 'match_sums: what was matched before is not what is said here')
        WHERE NEW.day_before_minor IS NOT COALESCE((SELECT day_before_minor + matched_minor FROM matching_match
            WHERE pool_id = NEW.pool_id AND gift_on = NEW.gift_on ORDER BY place DESC LIMIT 1), 0)
        OR NEW.donor_before_minor IS NOT COALESCE((SELECT donor_before_minor + matched_minor FROM matching_match
            WHERE pool_id = NEW.pool_id AND donor_ref <> '' AND donor_ref = NEW.donor_ref
            ORDER BY place DESC LIMIT 1), 0);
    SELECT RAISE(ABORT, 'match_over_cap: the cap per donor or per day is passed')
        FROM matching_matchrule WHERE id = NEW.rule_id AND NEW.matched_minor > 0 AND (
            NEW.day_before_minor + NEW.matched_minor > cap_per_day_minor
            OR NEW.donor_before_minor + NEW.matched_minor > cap_per_donor_minor
            OR (cap_per_donor_minor IS NOT NULL AND NEW.donor_ref = ''));
END;
-- reverse
DROP TRIGGER matching_match_law;
