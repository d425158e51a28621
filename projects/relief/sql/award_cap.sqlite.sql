-- Active awards of one household in one project never add up to more than the project's cap.
-- forward
CREATE TRIGGER relief_award_cap_insert BEFORE INSERT ON relief_award
WHEN NEW.state NOT IN ('CANCELLED', 'REJECTED')
BEGIN
    SELECT RAISE(ABORT, 'relief: above the cap of the household')
    WHERE (SELECT award_cap_minor FROM catalog_project WHERE id = NEW.project_id) < NEW.amount_minor + COALESCE((
        SELECT SUM(a.amount_minor) FROM relief_award a
        WHERE a.household_id = NEW.household_id AND a.project_id = NEW.project_id
          AND a.state NOT IN ('CANCELLED', 'REJECTED')), 0);
END;
CREATE TRIGGER relief_award_cap_update BEFORE UPDATE ON relief_award
WHEN NEW.state NOT IN ('CANCELLED', 'REJECTED')
BEGIN
    SELECT RAISE(ABORT, 'relief: above the cap of the household')
    WHERE (SELECT award_cap_minor FROM catalog_project WHERE id = NEW.project_id) < NEW.amount_minor + COALESCE((
        SELECT SUM(a.amount_minor) FROM relief_award a
        WHERE a.household_id = NEW.household_id AND a.project_id = NEW.project_id AND a.id <> NEW.id
          AND a.state NOT IN ('CANCELLED', 'REJECTED')), 0)
      AND (NEW.amount_minor > OLD.amount_minor OR OLD.state IN ('CANCELLED', 'REJECTED'));
END;
-- reverse
DROP TRIGGER relief_award_cap_insert;
DROP TRIGGER relief_award_cap_update;
