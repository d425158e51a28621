-- A project keeps its reference, address, charity, currency, fund and maker; once filed also its filing.
-- forward
CREATE TRIGGER project_keeps BEFORE UPDATE ON catalog_project
WHEN NEW.ref IS NOT OLD.ref OR NEW.slug IS NOT OLD.slug OR NEW.organisation_id IS NOT OLD.organisation_id OR NEW.currency IS NOT OLD.currency OR NEW.fund_code IS NOT OLD.fund_code OR NEW.drafted_by_ref IS NOT OLD.drafted_by_ref OR NEW.drafted_at IS NOT OLD.drafted_at
    OR (OLD.filed_at IS NOT NULL AND (NEW.filed_at IS NOT OLD.filed_at OR NEW.filed_by_ref IS NOT OLD.filed_by_ref
        OR NEW.filing_number IS NOT OLD.filing_number OR NEW.filed_on IS NOT OLD.filed_on))
BEGIN SELECT RAISE(ABORT, 'project_keeps'); END;
-- reverse
DROP TRIGGER project_keeps;
