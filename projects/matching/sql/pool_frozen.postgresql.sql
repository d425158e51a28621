-- What a pot promises stands once a version is published: its sum, currency, project and matcher never change again.
-- forward
CREATE FUNCTION matching_pool_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.ref, NEW.matcher_id, NEW.project_id, NEW.currency, NEW.pledged_minor) IS DISTINCT FROM
        (OLD.id, OLD.ref, OLD.matcher_id, OLD.project_id, OLD.currency, OLD.pledged_minor)
        AND EXISTS (SELECT 1 FROM matching_matchrule WHERE pool_id = OLD.id AND published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'pool_frozen: a published pledge never changes' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_pool_frozen BEFORE UPDATE ON matching_matchpool
    FOR EACH ROW EXECUTE FUNCTION matching_pool_frozen();
-- reverse
DROP TRIGGER matching_pool_frozen ON matching_matchpool;
DROP FUNCTION matching_pool_frozen();
