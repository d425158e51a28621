-- A project keeps its reference, address, charity, currency, fund and maker; once filed also its filing.
-- forward
CREATE FUNCTION project_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ROW(NEW.ref, NEW.slug, NEW.organisation_id, NEW.currency, NEW.fund_code, NEW.drafted_by_ref, NEW.drafted_at)
     IS DISTINCT FROM ROW(OLD.ref, OLD.slug, OLD.organisation_id, OLD.currency, OLD.fund_code, OLD.drafted_by_ref, OLD.drafted_at)
     OR (OLD.filed_at IS NOT NULL AND ROW(NEW.filed_at, NEW.filed_by_ref, NEW.filing_number, NEW.filed_on)
         IS DISTINCT FROM ROW(OLD.filed_at, OLD.filed_by_ref, OLD.filing_number, OLD.filed_on)) THEN
    RAISE EXCEPTION 'project_keeps' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER project_keeps BEFORE UPDATE ON catalog_project FOR EACH ROW EXECUTE FUNCTION project_keeps();
-- reverse
DROP TRIGGER project_keeps ON catalog_project;
DROP FUNCTION project_keeps();
