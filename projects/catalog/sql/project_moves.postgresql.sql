-- project: it goes only along the table of its states.
-- forward
CREATE FUNCTION project_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = OLD.state OR (OLD.state, NEW.state) IN (
    ('DRAFT', 'SUBMITTED'),
    ('SUBMITTED', 'DRAFT'),
    ('SUBMITTED', 'FILED'),
    ('FILED', 'OPEN'),
    ('OPEN', 'PAUSED'),
    ('PAUSED', 'OPEN'),
    ('OPEN', 'CLOSED'),
    ('PAUSED', 'CLOSED'),
    ('CLOSED', 'REPORTED'),
    ('REPORTED', 'ARCHIVED'),
    ('DRAFT', 'CANCELLED'),
    ('SUBMITTED', 'CANCELLED'))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'project_moves' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER project_moves BEFORE UPDATE ON catalog_project FOR EACH ROW EXECUTE FUNCTION project_moves();
-- reverse
DROP TRIGGER project_moves ON catalog_project;
DROP FUNCTION project_moves();
