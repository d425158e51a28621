-- A row belongs to a file, a project and a gift in the books that are there. Asked once of all rows that a statement
-- brings: foreign keys would look for each of millions by themselves. Files are never deleted (`file_frozen`), rows
-- neither, nor gifts in the books (`gifts_refer`).
-- forward
CREATE FUNCTION raw_rows_refer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM (SELECT DISTINCT file_id FROM fresh) r
             WHERE NOT EXISTS (SELECT 1 FROM settlement_settlementfile f WHERE f.id = r.file_id))
  THEN
    RAISE EXCEPTION 'rows_refer' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION rows_refer() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  whose record;
  lowest bigint;
  highest bigint;
  number bigint := 0;
BEGIN
  FOR whose IN
    SELECT f.file_id, f.project_id, min(f.gift_id) AS lowest, max(f.gift_id) AS highest, count(f.gift_id) AS number
    FROM fresh f GROUP BY f.file_id, f.project_id
  LOOP
    IF NOT EXISTS (SELECT 1 FROM settlement_settlementfile f WHERE f.id = whose.file_id)
       OR (whose.project_id IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM catalog_project p WHERE p.id = whose.project_id))
    THEN
      RAISE EXCEPTION 'rows_refer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    lowest := least(lowest, whose.lowest);
    highest := greatest(highest, whose.highest);
    number := number + whose.number;
  END LOOP;
  -- The gifts of a list were made for it, one behind the other: if all between the first and the last are there, these
  -- are. Else each is looked for.
  IF number = 0
     OR (highest - lowest < 2 * number
         AND (SELECT count(g.entry_id) FROM giving_gift g WHERE g.id BETWEEN lowest AND highest) = highest - lowest + 1)
  THEN
    RETURN NULL;
  END IF;
  IF EXISTS (SELECT 1 FROM fresh f WHERE f.gift_id IS NOT NULL AND NOT EXISTS
             (SELECT 1 FROM giving_gift g WHERE g.id = f.gift_id AND g.entry_id IS NOT NULL OFFSET 0))
  THEN
    RAISE EXCEPTION 'rows_refer' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION project_of_rows_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM settlement_settlementrow r WHERE r.project_id = OLD.id) THEN
    RAISE EXCEPTION 'rows_refer' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER raw_rows_refer AFTER INSERT ON settlement_rawrow REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION raw_rows_refer();
CREATE TRIGGER rows_refer AFTER INSERT ON settlement_settlementrow REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION rows_refer();
CREATE TRIGGER rows_refer_changed AFTER UPDATE ON settlement_settlementrow REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION rows_refer();
CREATE TRIGGER project_of_rows_stays BEFORE DELETE ON catalog_project
FOR EACH ROW EXECUTE FUNCTION project_of_rows_stays();
-- reverse
DROP TRIGGER raw_rows_refer ON settlement_rawrow;
DROP TRIGGER rows_refer ON settlement_settlementrow;
DROP TRIGGER rows_refer_changed ON settlement_settlementrow;
DROP TRIGGER project_of_rows_stays ON catalog_project;
DROP FUNCTION raw_rows_refer();
DROP FUNCTION rows_refer();
DROP FUNCTION project_of_rows_stays();
