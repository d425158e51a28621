-- L9: a checkpoint states a head that is there, and a log's checkpoints only grow; a witness saw one that is there.
-- forward
CREATE TRIGGER ledger_checkpoint_there BEFORE INSERT ON ledger_checkpoint
WHEN NOT EXISTS (SELECT 1 FROM ledger_loghead WHERE size = NEW.size AND root = NEW.root)
BEGIN
    SELECT RAISE(ABORT, 'L9: a checkpoint states a head that is there');
END;
CREATE TRIGGER ledger_checkpoint_next BEFORE INSERT ON ledger_checkpoint
WHEN EXISTS (SELECT 1 FROM ledger_checkpoint WHERE origin = NEW.origin AND size >= NEW.size)
BEGIN
    SELECT RAISE(ABORT, 'L9: the checkpoints of a log only grow');
END;
CREATE TRIGGER ledger_cosignature_of BEFORE INSERT ON ledger_cosignature
WHEN NOT EXISTS (SELECT 1 FROM ledger_checkpoint WHERE origin = NEW.origin AND size = NEW.size)
BEGIN
    SELECT RAISE(ABORT, 'L9: a witness saw a checkpoint that is there');
END;
-- reverse
DROP TRIGGER ledger_checkpoint_there;
DROP TRIGGER ledger_checkpoint_next;
DROP TRIGGER ledger_cosignature_of;
