-- L9: a checkpoint states a head that is there, and a log's checkpoints only grow; a witness saw one that is there.
-- forward
CREATE FUNCTION ledger_checkpoint_next() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_loghead WHERE size = NEW.size AND root = NEW.root) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: a checkpoint states a head that is there';
    END IF;
    IF EXISTS (SELECT 1 FROM ledger_checkpoint WHERE origin = NEW.origin AND size >= NEW.size) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: the checkpoints of a log only grow';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_checkpoint_next BEFORE INSERT ON ledger_checkpoint
    FOR EACH ROW EXECUTE FUNCTION ledger_checkpoint_next();

CREATE FUNCTION ledger_cosignature_of() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_checkpoint WHERE origin = NEW.origin AND size = NEW.size) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: a witness saw a checkpoint that is there';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_cosignature_of BEFORE INSERT ON ledger_cosignature
    FOR EACH ROW EXECUTE FUNCTION ledger_cosignature_of();
-- reverse
DROP TRIGGER ledger_checkpoint_next ON ledger_checkpoint;
DROP TRIGGER ledger_cosignature_of ON ledger_cosignature;
DROP FUNCTION ledger_checkpoint_next();
DROP FUNCTION ledger_cosignature_of();
