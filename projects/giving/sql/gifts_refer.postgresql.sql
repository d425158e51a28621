-- A gift belongs to a donor, a charity and, where it names one, a project that are there. Asked once of all gifts that a
-- statement brings: three foreign keys would look for each of millions by themselves, at the commit that all wait for.
-- Donors are blanked and never deleted, so that nothing has to be locked for each; the few others are, as a key locks them.
-- A gift in the books is never deleted either: rows of settlement files name it, and lock nothing.
-- forward
CREATE FUNCTION gifts_refer() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  whose record;
  lowest bigint;
  highest bigint;
  number bigint := 0;
BEGIN
  FOR whose IN
    SELECT f.organisation_id, f.project_id, min(f.donor_id) AS lowest, max(f.donor_id) AS highest, count(*) AS number
    FROM fresh f GROUP BY f.organisation_id, f.project_id
  LOOP
    PERFORM 1 FROM organisations_organisation o WHERE o.id = whose.organisation_id FOR KEY SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'gifts_refer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    PERFORM 1 FROM catalog_project p WHERE p.id = whose.project_id FOR KEY SHARE;
    IF NOT FOUND AND whose.project_id IS NOT NULL THEN
      RAISE EXCEPTION 'gifts_refer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    lowest := least(lowest, whose.lowest);
    highest := greatest(highest, whose.highest);
    number := number + whose.number;
  END LOOP;
  -- The donors of a list were made for it, one behind the other: if all between the first and the last are there, these
  -- are. Else each is looked for.
  IF highest - lowest < 2 * number
     AND (SELECT count(*) FROM giving_donor d WHERE d.id BETWEEN lowest AND highest) = highest - lowest + 1
  THEN
    RETURN NULL;
  END IF;
  IF EXISTS (SELECT 1 FROM fresh f WHERE NOT EXISTS (SELECT 1 FROM giving_donor d WHERE d.id = f.donor_id OFFSET 0)) THEN
    RAISE EXCEPTION 'gifts_refer' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION gift_refers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM organisations_organisation o WHERE o.id = NEW.organisation_id FOR KEY SHARE;
  PERFORM 1 FROM catalog_project p WHERE p.id = NEW.project_id FOR KEY SHARE;
  IF NOT EXISTS (SELECT 1 FROM organisations_organisation o WHERE o.id = NEW.organisation_id)
     OR NOT EXISTS (SELECT 1 FROM giving_donor d WHERE d.id = NEW.donor_id)
     OR (NEW.project_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM catalog_project p WHERE p.id = NEW.project_id))
  THEN
    RAISE EXCEPTION 'gifts_refer' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION donor_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'donor_stays' USING ERRCODE = 'foreign_key_violation';
END $$;
CREATE FUNCTION gift_in_the_books_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'gift_in_the_books_stays' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION organisation_of_gifts_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM giving_gift g WHERE g.organisation_id = OLD.id) THEN
    RAISE EXCEPTION 'gifts_refer' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION project_of_gifts_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM giving_gift g WHERE g.project_id = OLD.id) THEN
    RAISE EXCEPTION 'gifts_refer' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER gifts_refer AFTER INSERT ON giving_gift REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION gifts_refer();
CREATE TRIGGER gift_refers_changed AFTER UPDATE ON giving_gift
FOR EACH ROW WHEN (OLD.organisation_id IS DISTINCT FROM NEW.organisation_id OR OLD.donor_id IS DISTINCT FROM NEW.donor_id OR OLD.project_id IS DISTINCT FROM NEW.project_id)
EXECUTE FUNCTION gift_refers();
CREATE TRIGGER gift_in_the_books_stays BEFORE DELETE ON giving_gift
FOR EACH ROW WHEN (OLD.entry_id IS NOT NULL) EXECUTE FUNCTION gift_in_the_books_stays();
CREATE TRIGGER gift_in_the_books_keeps_its_key BEFORE UPDATE ON giving_gift
FOR EACH ROW WHEN (OLD.entry_id IS NOT NULL AND (NEW.entry_id IS DISTINCT FROM OLD.entry_id OR NEW.id IS DISTINCT FROM OLD.id))
EXECUTE FUNCTION gift_in_the_books_stays();
CREATE TRIGGER donor_stays BEFORE DELETE ON giving_donor
FOR EACH ROW EXECUTE FUNCTION donor_stays();
CREATE TRIGGER donor_keeps_its_key BEFORE UPDATE ON giving_donor
FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION donor_stays();
CREATE TRIGGER organisation_of_gifts_stays AFTER DELETE ON organisations_organisation
FOR EACH ROW EXECUTE FUNCTION organisation_of_gifts_stays();
CREATE TRIGGER organisation_of_gifts_keeps_its_key AFTER UPDATE ON organisations_organisation
FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION organisation_of_gifts_stays();
CREATE TRIGGER project_of_gifts_stays AFTER DELETE ON catalog_project
FOR EACH ROW EXECUTE FUNCTION project_of_gifts_stays();
CREATE TRIGGER project_of_gifts_keeps_its_key AFTER UPDATE ON catalog_project
FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION project_of_gifts_stays();
-- reverse
DROP TRIGGER gifts_refer ON giving_gift;
DROP TRIGGER gift_refers_changed ON giving_gift;
DROP TRIGGER gift_in_the_books_stays ON giving_gift;
DROP TRIGGER gift_in_the_books_keeps_its_key ON giving_gift;
DROP TRIGGER donor_stays ON giving_donor;
DROP TRIGGER donor_keeps_its_key ON giving_donor;
DROP TRIGGER organisation_of_gifts_stays ON organisations_organisation;
DROP TRIGGER organisation_of_gifts_keeps_its_key ON organisations_organisation;
DROP TRIGGER project_of_gifts_stays ON catalog_project;
DROP TRIGGER project_of_gifts_keeps_its_key ON catalog_project;
DROP FUNCTION gifts_refer();
DROP FUNCTION gift_refers();
DROP FUNCTION donor_stays();
DROP FUNCTION gift_in_the_books_stays();
DROP FUNCTION organisation_of_gifts_stays();
DROP FUNCTION project_of_gifts_stays();
