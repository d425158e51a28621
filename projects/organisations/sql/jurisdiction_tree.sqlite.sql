-- The tree stays a tree: each area lies strictly deeper than its parent, its path is its parent's and its own code, and
-- its place never moves (a change ends an area and names a successor). So there are no cycles.
-- forward
CREATE TRIGGER jurisdiction_tree BEFORE INSERT ON organisations_jurisdiction
WHEN NEW.path <> COALESCE((SELECT path FROM organisations_jurisdiction WHERE id = NEW.parent_id), '/') || NEW.code || '/'
    OR EXISTS (SELECT 1 FROM organisations_jurisdiction above
        JOIN organisations_leveltype theirs ON theirs.code = above.level_id
        JOIN organisations_leveltype ours ON ours.code = NEW.level_id
        WHERE above.id = NEW.parent_id AND ours.depth <= theirs.depth)
BEGIN SELECT RAISE(ABORT, 'jurisdiction_tree'); END;
CREATE TRIGGER jurisdiction_stays BEFORE UPDATE ON organisations_jurisdiction
WHEN NEW.code IS NOT OLD.code OR NEW.parent_id IS NOT OLD.parent_id OR NEW.level_id IS NOT OLD.level_id OR NEW.path IS NOT OLD.path
BEGIN SELECT RAISE(ABORT, 'jurisdiction_tree'); END;
-- reverse
DROP TRIGGER jurisdiction_tree;
DROP TRIGGER jurisdiction_stays;
