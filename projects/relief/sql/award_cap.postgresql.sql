-- Active awards of one household in one project never add up to more than the project's cap. The household's row is
-- locked first, so that two awards at once count each other.
-- forward
CREATE FUNCTION relief_award_cap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cap bigint;
    held bigint;
BEGIN
    IF NEW.state IN ('CANCELLED', 'REJECTED') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.amount_minor <= OLD.amount_minor AND OLD.state NOT IN ('CANCELLED', 'REJECTED') THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM relief_household WHERE id = NEW.household_id FOR UPDATE;
    SELECT award_cap_minor INTO cap FROM catalog_project WHERE id = NEW.project_id;
    SELECT COALESCE(SUM(amount_minor), 0) INTO held FROM relief_award
        WHERE household_id = NEW.household_id AND project_id = NEW.project_id AND id <> NEW.id
          AND state NOT IN ('CANCELLED', 'REJECTED');
    IF cap IS NOT NULL AND held + NEW.amount_minor > cap THEN
        RAISE EXCEPTION 'relief: above the cap of the household' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER relief_award_cap BEFORE INSERT OR UPDATE ON relief_award
    FOR EACH ROW EXECUTE FUNCTION relief_award_cap();
-- reverse
DROP TRIGGER relief_award_cap ON relief_award;
DROP FUNCTION relief_award_cap();
