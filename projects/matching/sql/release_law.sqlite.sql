-- The releases of a pot are one unbroken chain, and a match never releases more than it matched.
-- forward
CREATE TRIGGER matching_release_law BEFORE INSERT ON matching_matchrelease BEGIN
    SELECT RAISE(ABORT, 'release_chain: a release starts where the one before it stops')
        WHERE NEW.place IS NOT COALESCE((SELECT MAX(place) FROM matching_matchrelease WHERE pool_id = NEW.pool_id), 0) + 1
        OR NEW.start IS NOT COALESCE(
            (SELECT stop FROM matching_matchrelease WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0);
    SELECT RAISE(ABORT, 'release_too_large: a match releases at most what it matched')
        WHERE COALESCE((SELECT matched_minor FROM matching_match WHERE id = NEW.match_id AND pool_id = NEW.pool_id), -1)
        < NEW.released_minor + COALESCE(
            (SELECT SUM(released_minor) FROM matching_matchrelease WHERE match_id = NEW.match_id), 0);
END;
-- reverse
DROP TRIGGER matching_release_law;
