-- A budget is written while its project is a draft, and stands from then on.
-- forward
CREATE TRIGGER budget_frozen_insert BEFORE INSERT ON catalog_budgetline
WHEN EXISTS (SELECT 1 FROM catalog_project WHERE id = NEW.project_id AND state <> 'DRAFT')
BEGIN SELECT RAISE(ABORT, 'budget_frozen'); END;
CREATE TRIGGER budget_frozen_update BEFORE UPDATE ON catalog_budgetline
WHEN EXISTS (SELECT 1 FROM catalog_project WHERE id = OLD.project_id AND state <> 'DRAFT')
BEGIN SELECT RAISE(ABORT, 'budget_frozen'); END;
CREATE TRIGGER budget_frozen_delete BEFORE DELETE ON catalog_budgetline
WHEN EXISTS (SELECT 1 FROM catalog_project WHERE id = OLD.project_id AND state <> 'DRAFT')
BEGIN SELECT RAISE(ABORT, 'budget_frozen'); END;
CREATE TRIGGER budget_line_stays BEFORE UPDATE ON catalog_budgetline WHEN NEW.project_id <> OLD.project_id
BEGIN SELECT RAISE(ABORT, 'budget_frozen'); END;
-- reverse
DROP TRIGGER budget_frozen_insert;
DROP TRIGGER budget_frozen_update;
DROP TRIGGER budget_frozen_delete;
DROP TRIGGER budget_line_stays;
