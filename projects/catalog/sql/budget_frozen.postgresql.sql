-- A budget is written while its project is a draft, and stands from then on.
-- forward
CREATE FUNCTION budget_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND EXISTS (SELECT 1 FROM catalog_project WHERE id = OLD.project_id AND state <> 'DRAFT')
     OR TG_OP <> 'DELETE' AND EXISTS (SELECT 1 FROM catalog_project WHERE id = NEW.project_id AND state <> 'DRAFT') THEN
    RAISE EXCEPTION 'budget_frozen' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.project_id <> OLD.project_id THEN
    RAISE EXCEPTION 'budget_frozen' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN COALESCE(NEW, OLD);
END $$;
CREATE TRIGGER budget_frozen BEFORE INSERT OR UPDATE OR DELETE ON catalog_budgetline
FOR EACH ROW EXECUTE FUNCTION budget_frozen();
-- reverse
DROP TRIGGER budget_frozen ON catalog_budgetline;
DROP FUNCTION budget_frozen();
