-- An award begins as a proposal, keeps what it is, changes only with a new version, goes only along its states, and
-- counts as approved only when each stage of its policy has the people it needs. It is never deleted.
-- forward
CREATE FUNCTION relief_award_refuse(message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'relief: %', message USING ERRCODE = 'check_violation';
END $$;
CREATE FUNCTION relief_award_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'PROPOSED' OR NEW.version <> 1 OR NEW.entry_id IS NOT NULL THEN
        PERFORM relief_award_refuse('an award begins as a proposal');
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM relief_assistancerequest r JOIN relief_case c ON c.id = r.case_id
        JOIN catalog_project p ON p.id = r.project_id
        WHERE r.id = NEW.request_id AND r.project_id = NEW.project_id AND c.household_id = NEW.household_id
          AND p.currency = NEW.currency) THEN
        PERFORM relief_award_refuse('an award belongs to its request');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION relief_award_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM relief_approvalpolicy p WHERE p.id = NEW.policy_id AND p.currency = NEW.currency
          AND p.from_minor <= NEW.weighed_minor AND (p.to_minor IS NULL OR p.to_minor >= NEW.weighed_minor)) THEN
        PERFORM relief_award_refuse('the policy does not cover the sum');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION relief_award_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF ROW(NEW.id, NEW.ref, NEW.request_id, NEW.household_id, NEW.project_id, NEW.currency, NEW.proposed_by_id,
           NEW.proposed_at)
       IS DISTINCT FROM ROW(OLD.id, OLD.ref, OLD.request_id, OLD.household_id, OLD.project_id, OLD.currency,
           OLD.proposed_by_id, OLD.proposed_at) THEN
        PERFORM relief_award_refuse('an award keeps its request, household, project and proposer');
    END IF;
    IF ROW(NEW.amount_minor, NEW.payee_id, NEW.purpose_id, NEW.lines, NEW.policy_id, NEW.weighed_minor, NEW.digest,
           NEW.version)
       IS DISTINCT FROM ROW(OLD.amount_minor, OLD.payee_id, OLD.purpose_id, OLD.lines, OLD.policy_id, OLD.weighed_minor,
           OLD.digest, OLD.version)
       AND NOT (OLD.state IN ('PROPOSED', 'IN_REVIEW') AND NEW.state IN ('PROPOSED', 'REJECTED')
                AND NEW.version = OLD.version + 1 AND NEW.digest <> OLD.digest) THEN
        PERFORM relief_award_refuse('a changed award is a new version, and only before it is approved');
    END IF;
    IF OLD.entry_id IS NOT NULL AND NEW.entry_id IS DISTINCT FROM OLD.entry_id THEN
        PERFORM relief_award_refuse('the ledger entry of an award stays');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION relief_award_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state || '>' || NEW.state NOT IN (
        'PROPOSED>IN_REVIEW', 'PROPOSED>APPROVED', 'PROPOSED>REJECTED', 'IN_REVIEW>PROPOSED', 'IN_REVIEW>APPROVED',
        'IN_REVIEW>REJECTED', 'APPROVED>COMMITTED', 'COMMITTED>PAYING', 'COMMITTED>CANCELLED', 'PAYING>COMMITTED',
        'PAYING>PAID', 'PAID>PAYING') THEN
        PERFORM relief_award_refuse('an award does not move like this');
    END IF;
    IF NEW.state IN ('APPROVED', 'COMMITTED') AND OLD.state <> 'PAYING' AND (
        NOT EXISTS (SELECT 1 FROM relief_approvalstage s WHERE s.policy_id = NEW.policy_id)
        OR EXISTS (
            SELECT 1 FROM relief_approvalstage s WHERE s.policy_id = NEW.policy_id AND s.people > (
                SELECT COUNT(DISTINCT a.approver_id) FROM relief_approval a
                WHERE a.award_id = NEW.id AND a.version = NEW.version AND a.digest = NEW.digest
                  AND a.stage = s.number))) THEN
        PERFORM relief_award_refuse('approvals are missing');
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION relief_award_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM relief_award_refuse('an award is never deleted');
    RETURN OLD;
END $$;
CREATE TRIGGER relief_award_begins BEFORE INSERT ON relief_award
    FOR EACH ROW EXECUTE FUNCTION relief_award_begins();
CREATE TRIGGER relief_award_policy_insert BEFORE INSERT ON relief_award
    FOR EACH ROW EXECUTE FUNCTION relief_award_policy();
CREATE TRIGGER relief_award_policy_update BEFORE UPDATE ON relief_award
    FOR EACH ROW WHEN (NEW.policy_id <> OLD.policy_id OR NEW.weighed_minor <> OLD.weighed_minor)
    EXECUTE FUNCTION relief_award_policy();
CREATE TRIGGER relief_award_keeps BEFORE UPDATE ON relief_award
    FOR EACH ROW EXECUTE FUNCTION relief_award_keeps();
CREATE TRIGGER relief_award_moves BEFORE UPDATE ON relief_award
    FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION relief_award_moves();
CREATE TRIGGER relief_award_stays BEFORE DELETE ON relief_award
    FOR EACH ROW EXECUTE FUNCTION relief_award_stays();
-- reverse
DROP TRIGGER relief_award_begins ON relief_award;
DROP TRIGGER relief_award_policy_insert ON relief_award;
DROP TRIGGER relief_award_policy_update ON relief_award;
DROP TRIGGER relief_award_keeps ON relief_award;
DROP TRIGGER relief_award_moves ON relief_award;
DROP TRIGGER relief_award_stays ON relief_award;
DROP FUNCTION relief_award_begins();
DROP FUNCTION relief_award_policy();
DROP FUNCTION relief_award_keeps();
DROP FUNCTION relief_award_moves();
DROP FUNCTION relief_award_stays();
DROP FUNCTION relief_award_refuse(text);
