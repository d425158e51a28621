-- organisation: it goes only along the table of its states.
-- forward
CREATE TRIGGER organisation_moves BEFORE UPDATE ON organisations_organisation
WHEN NEW.state IS NOT OLD.state AND (OLD.state, NEW.state) NOT IN (VALUES
    ('PENDING', 'VERIFIED'),
    ('PENDING', 'CLOSED'),
    ('VERIFIED', 'SUSPENDED'),
    ('SUSPENDED', 'VERIFIED'),
    ('VERIFIED', 'CLOSED'),
    ('SUSPENDED', 'CLOSED'))
BEGIN SELECT RAISE(ABORT, 'organisation_moves'); END;
-- reverse
DROP TRIGGER organisation_moves;
