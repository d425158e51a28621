-- project: it goes only along the table of its states.
-- forward
CREATE TRIGGER project_moves BEFORE UPDATE ON catalog_project
WHEN NEW.state IS NOT OLD.state AND (OLD.state, NEW.state) NOT IN (VALUES
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
BEGIN SELECT RAISE(ABORT, 'project_moves'); END;
-- reverse
DROP TRIGGER project_moves;
