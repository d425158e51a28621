-- The matches of a pot are one unbroken chain, and what they promise never passes the pledge or the version's cap in all.
-- Those of one day, and those of one donor, are chains of their own: what was matched before stands in each, so that no
-- cap per day or per donor is passed. A frozen pot answers nothing.
-- forward
CREATE TRIGGER matching_match_law BEFORE INSERT ON matching_match BEGIN
    SELECT RAISE(ABORT, 'match_chain: a match starts where the one before it stops')
        WHERE NEW.place IS NOT COALESCE((SELECT MAX(place) FROM matching_match WHERE pool_id = NEW.pool_id), 0) + 1
        OR NEW.start IS NOT COALESCE(
            (SELECT stop FROM matching_match WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0);
    SELECT RAISE(ABORT, 'match_rule: a match follows a published version of its own pot')
        WHERE NOT EXISTS (SELECT 1 FROM matching_matchrule
            WHERE id = NEW.rule_id AND pool_id = NEW.pool_id AND published_at IS NOT NULL);
    SELECT RAISE(ABORT, 'match_over_committed: the pot does not hold this much')
        WHERE NEW.matched_minor > 0 AND NEW.stop - COALESCE(
            (SELECT stop FROM matching_matchrelease WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        > (SELECT MIN(p.pledged_minor, COALESCE(r.cap_total_minor, p.pledged_minor))
            FROM matching_matchrule r JOIN matching_matchpool p ON p.id = r.pool_id WHERE r.id = NEW.rule_id);
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
