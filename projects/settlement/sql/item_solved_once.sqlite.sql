-- forward
CREATE TRIGGER item_solved_once BEFORE UPDATE ON settlement_unexplaineditem
WHEN NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.organisation_id IS NOT OLD.organisation_id
  OR NEW.row_id IS NOT OLD.row_id OR NEW.line_id IS NOT OLD.line_id OR NEW.problem IS NOT OLD.problem
  OR NEW.amount_minor IS NOT OLD.amount_minor OR NEW.currency IS NOT OLD.currency OR NEW."on" IS NOT OLD."on"
  OR NEW.opened_at IS NOT OLD.opened_at OR NEW.entry_id IS NOT OLD.entry_id
  OR OLD.solved_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'item_solved_once'); END;
CREATE TRIGGER item_solved_once_deleted BEFORE DELETE ON settlement_unexplaineditem
BEGIN SELECT RAISE(ABORT, 'item_solved_once'); END;
CREATE TRIGGER item_solved_once_replaced BEFORE INSERT ON settlement_unexplaineditem
WHEN EXISTS (SELECT 1 FROM settlement_unexplaineditem r WHERE r.id = NEW.id OR r.ref = NEW.ref OR r.entry_id = NEW.entry_id)
BEGIN SELECT RAISE(ABORT, 'item_solved_once'); END;
-- reverse
DROP TRIGGER item_solved_once;
DROP TRIGGER item_solved_once_deleted;
DROP TRIGGER item_solved_once_replaced;
