-- A pot is frozen and let go in turns, without a gap.
-- forward
CREATE TRIGGER matching_freeze_law BEFORE INSERT ON matching_matchfreeze BEGIN
    SELECT RAISE(ABORT, 'freeze_turns: a pot is frozen and let go in turns')
        WHERE NEW.place IS NOT COALESCE((SELECT MAX(place) FROM matching_matchfreeze WHERE pool_id = NEW.pool_id), 0) + 1
        OR NEW.is_frozen IS NOT (NEW.place % 2);
END;
-- reverse
DROP TRIGGER matching_freeze_law;
