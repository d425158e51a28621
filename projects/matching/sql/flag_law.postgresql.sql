-- Why a match was flagged stands as it was found; somebody decides on it once.
-- forward
CREATE FUNCTION matching_flag_law() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'HELD' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'HELD' AND (NEW.id, NEW.match_id, NEW.score, NEW.reasons, NEW.raised_at)
        IS NOT DISTINCT FROM (OLD.id, OLD.match_id, OLD.score, OLD.reasons, OLD.raised_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'match_flag: a flag stands as it was raised, and is decided once' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER matching_flag_law BEFORE INSERT OR UPDATE OR DELETE ON matching_matchflag
    FOR EACH ROW EXECUTE FUNCTION matching_flag_law();
CREATE TRIGGER matching_flag_kept BEFORE TRUNCATE ON matching_matchflag
    FOR EACH STATEMENT EXECUTE FUNCTION matching_flag_law();
-- reverse
DROP TRIGGER matching_flag_kept ON matching_matchflag;
DROP TRIGGER matching_flag_law ON matching_matchflag;
DROP FUNCTION matching_flag_law();
