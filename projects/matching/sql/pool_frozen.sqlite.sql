-- What a pot promises stands once a version is published: its sum, currency, project and matcher never change again.
-- forward
CREATE TRIGGER matching_pool_frozen BEFORE UPDATE ON matching_matchpool
WHEN (NEW.id IS NOT OLD.id OR NEW.ref IS NOT OLD.ref OR NEW.matcher_id IS NOT OLD.matcher_id
    OR NEW.project_id IS NOT OLD.project_id OR NEW.currency IS NOT OLD.currency
    OR NEW.pledged_minor IS NOT OLD.pledged_minor)
    AND EXISTS (SELECT 1 FROM matching_matchrule WHERE pool_id = OLD.id AND published_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'pool_frozen: a published pledge never changes');
END;
CREATE TRIGGER matching_pool_not_replaced BEFORE INSERT ON matching_matchpool
WHEN EXISTS (SELECT 1 FROM matching_matchpool p JOIN matching_matchrule r ON r.pool_id = p.id
    WHERE r.published_at IS NOT NULL AND (p.id = NEW.id OR p.ref = NEW.ref OR p.slug = NEW.slug))
BEGIN
    SELECT RAISE(ABORT, 'pool_frozen: a published pledge never changes');
END;
-- reverse
DROP TRIGGER matching_pool_not_replaced;
DROP TRIGGER matching_pool_frozen;
