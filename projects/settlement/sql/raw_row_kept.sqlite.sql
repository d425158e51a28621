-- forward
CREATE TRIGGER raw_row_kept BEFORE UPDATE ON settlement_rawrow
WHEN NEW.id IS NOT OLD.id OR NEW.file_id IS NOT OLD.file_id OR NEW.number IS NOT OLD.number
  OR NEW.cells IS NOT OLD.cells OR NEW.person_hash IS NOT OLD.person_hash OR NEW.digest IS NOT OLD.digest
  OR NEW.person <> '' OR NEW.salt <> ''
BEGIN SELECT RAISE(ABORT, 'raw_row_kept'); END;
CREATE TRIGGER raw_row_never_deleted BEFORE DELETE ON settlement_rawrow
BEGIN SELECT RAISE(ABORT, 'raw_row_kept'); END;
CREATE TRIGGER raw_row_never_replaced BEFORE INSERT ON settlement_rawrow
WHEN EXISTS (SELECT 1 FROM settlement_rawrow r
             WHERE r.id = NEW.id OR (r.file_id = NEW.file_id AND r.number = NEW.number))
BEGIN SELECT RAISE(ABORT, 'raw_row_kept'); END;
-- reverse
DROP TRIGGER raw_row_kept;
DROP TRIGGER raw_row_never_deleted;
DROP TRIGGER raw_row_never_replaced;
