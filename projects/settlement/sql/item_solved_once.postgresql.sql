-- forward
CREATE FUNCTION item_solved_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE'
     AND (NEW.id, NEW.ref, NEW.organisation_id, NEW.row_id, NEW.line_id, NEW.problem, NEW.amount_minor, NEW.currency, NEW."on", NEW.opened_at, NEW.entry_id)
         IS NOT DISTINCT FROM
         (OLD.id, OLD.ref, OLD.organisation_id, OLD.row_id, OLD.line_id, OLD.problem, OLD.amount_minor, OLD.currency, OLD."on", OLD.opened_at, OLD.entry_id)
     AND OLD.solved_at IS NULL
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'item_solved_once' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER item_solved_once BEFORE UPDATE OR DELETE ON settlement_unexplaineditem
FOR EACH ROW EXECUTE FUNCTION item_solved_once();
CREATE TRIGGER item_solved_once_truncated BEFORE TRUNCATE ON settlement_unexplaineditem
FOR EACH STATEMENT EXECUTE FUNCTION item_solved_once();
-- reverse
DROP TRIGGER item_solved_once ON settlement_unexplaineditem;
DROP TRIGGER item_solved_once_truncated ON settlement_unexplaineditem;
DROP FUNCTION item_solved_once();
