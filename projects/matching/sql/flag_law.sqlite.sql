-- Why a match was flagged stands as it was found; somebody decides on it once.
-- forward
CREATE TRIGGER matching_flag_law BEFORE UPDATE ON matching_matchflag
WHEN OLD.state <> 'HELD' OR NEW.id IS NOT OLD.id OR NEW.match_id IS NOT OLD.match_id OR NEW.score IS NOT OLD.score
    OR NEW.reasons IS NOT OLD.reasons OR NEW.raised_at IS NOT OLD.raised_at
BEGIN
    SELECT RAISE(ABORT, 'match_flag: a flag stands as it was raised, and is decided once');
END;
CREATE TRIGGER matching_flag_raised BEFORE INSERT ON matching_matchflag
WHEN NEW.state <> 'HELD' OR EXISTS (SELECT 1 FROM matching_matchflag f WHERE f.id = NEW.id OR f.match_id = NEW.match_id)
BEGIN
    SELECT RAISE(ABORT, 'match_flag: a flag stands as it was raised, and is decided once');
END;
CREATE TRIGGER matching_flag_kept BEFORE DELETE ON matching_matchflag BEGIN
    SELECT RAISE(ABORT, 'match_flag: a flag stands as it was raised, and is decided once');
END;
-- reverse
DROP TRIGGER matching_flag_kept;
DROP TRIGGER matching_flag_raised;
DROP TRIGGER matching_flag_law;
