-- forward
CREATE TRIGGER row_decided BEFORE UPDATE ON settlement_settlementrow
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.file_id IS NOT OLD.file_id
  OR NEW.number IS NOT OLD.number OR NEW.kind IS NOT OLD.kind OR NEW.row_id IS NOT OLD.row_id
  OR NEW.origin_id IS NOT OLD.origin_id OR NEW.dedupe_key IS NOT OLD.dedupe_key OR NEW.amount_minor IS NOT OLD.amount_minor
  OR NEW.fee_minor IS NOT OLD.fee_minor OR NEW.currency IS NOT OLD.currency OR NEW."on" IS NOT OLD."on"
  OR NEW.duplicate_of_id IS NOT OLD.duplicate_of_id
  OR (OLD.state, NEW.state) NOT IN (VALUES ('WAITING', 'REFUND'), ('WAITING', 'FEE'), ('WAITING', 'SUSPENSE'))
BEGIN SELECT RAISE(ABORT, 'row_decided'); END;
CREATE TRIGGER row_decided_deleted BEFORE DELETE ON settlement_settlementrow
BEGIN SELECT RAISE(ABORT, 'row_decided'); END;
CREATE TRIGGER row_decided_replaced BEFORE INSERT ON settlement_settlementrow
WHEN EXISTS (SELECT 1 FROM settlement_settlementrow r
             WHERE r.id = NEW.id OR r.ref = NEW.ref OR (r.file_id = NEW.file_id AND r.number = NEW.number))
BEGIN SELECT RAISE(ABORT, 'row_decided'); END;
-- reverse
DROP TRIGGER row_decided;
DROP TRIGGER row_decided_deleted;
DROP TRIGGER row_decided_replaced;
