-- organisation: it goes only along the table of its states.
-- forward
CREATE FUNCTION organisation_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = OLD.state OR (OLD.state, NEW.state) IN (
    ('PENDING', 'VERIFIED'),
    ('PENDING', 'CLOSED'),
    ('VERIFIED', 'SUSPENDED'),
    ('SUSPENDED', 'VERIFIED'),
    ('VERIFIED', 'CLOSED'),
    ('SUSPENDED', 'CLOSED'))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'organisation_moves' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER organisation_moves BEFORE UPDATE ON organisations_organisation FOR EACH ROW EXECUTE FUNCTION organisation_moves();
-- reverse
DROP TRIGGER organisation_moves ON organisations_organisation;
DROP FUNCTION organisation_moves();
