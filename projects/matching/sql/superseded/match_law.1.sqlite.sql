-- The matches of a pot are one unbroken chain, and what they promise never passes the pledge or the version's cap in all.
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
END;
-- reverse
DROP TRIGGER matching_match_law;
