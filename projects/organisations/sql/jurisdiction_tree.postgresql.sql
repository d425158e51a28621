-- The tree stays a tree: each area lies strictly deeper than its parent, its path is its parent's and its own code, and
-- its place never moves (a change ends an area and names a successor). So there are no cycles.
-- forward
CREATE FUNCTION jurisdiction_tree() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong boolean;
BEGIN
  IF TG_OP = 'INSERT' THEN
    wrong := NEW.path <> COALESCE((SELECT path FROM organisations_jurisdiction WHERE id = NEW.parent_id), '/') || NEW.code || '/'
    OR EXISTS (SELECT 1 FROM organisations_jurisdiction above
        JOIN organisations_leveltype theirs ON theirs.code = above.level_id
        JOIN organisations_leveltype ours ON ours.code = NEW.level_id
        WHERE above.id = NEW.parent_id AND ours.depth <= theirs.depth);
  ELSE
    wrong := ROW(NEW.code, NEW.parent_id, NEW.level_id, NEW.path) IS DISTINCT FROM ROW(OLD.code, OLD.parent_id, OLD.level_id, OLD.path);
  END IF;
  IF wrong THEN
    RAISE EXCEPTION 'jurisdiction_tree' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER jurisdiction_tree BEFORE INSERT OR UPDATE ON organisations_jurisdiction
FOR EACH ROW EXECUTE FUNCTION jurisdiction_tree();
-- reverse
DROP TRIGGER jurisdiction_tree ON organisations_jurisdiction;
DROP FUNCTION jurisdiction_tree();
