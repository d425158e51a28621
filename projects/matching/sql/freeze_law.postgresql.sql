-- A pot is frozen and let go in turns, without a gap.
-- forward
CREATE FUNCTION matching_freeze_law() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.place <> COALESCE((SELECT MAX(place) FROM matching_matchfreeze WHERE pool_id = NEW.pool_id), 0) + 1
        OR NEW.is_frozen <> (NEW.place % 2 = 1) THEN
        RAISE EXCEPTION 'freeze_turns: a pot is frozen and let go in turns' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_freeze_law BEFORE INSERT ON matching_matchfreeze
    FOR EACH ROW EXECUTE FUNCTION matching_freeze_law();
-- reverse
DROP TRIGGER matching_freeze_law ON matching_matchfreeze;
DROP FUNCTION matching_freeze_law();
