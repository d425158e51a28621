-- The releases of a pot are one unbroken chain, and a match never releases more than it matched.
-- forward
CREATE FUNCTION matching_release_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_place bigint; last_stop bigint; matched bigint; released bigint;
BEGIN
    SELECT place, stop INTO last_place, last_stop FROM matching_matchrelease
        WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1;
    IF NEW.place <> COALESCE(last_place, 0) + 1 OR NEW.start <> COALESCE(last_stop, 0) THEN
        RAISE EXCEPTION 'release_chain: a release starts where the one before it stops' USING ERRCODE = '23514';
    END IF;
    SELECT matched_minor INTO matched FROM matching_match WHERE id = NEW.match_id AND pool_id = NEW.pool_id;
    SELECT COALESCE(SUM(released_minor), 0) INTO released FROM matching_matchrelease WHERE match_id = NEW.match_id;
    IF matched IS NULL OR released + NEW.released_minor > matched THEN
        RAISE EXCEPTION 'release_too_large: a match releases at most what it matched' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_release_law BEFORE INSERT ON matching_matchrelease
    FOR EACH ROW EXECUTE FUNCTION matching_release_law();
-- reverse
DROP TRIGGER matching_release_law ON matching_matchrelease;
DROP FUNCTION matching_release_law();
