-- An award begins as a proposal, keeps what it is, changes only with a new version, goes only along its states, and
-- counts as approved only when each stage of its policy has the people it needs. It is never deleted.
-- forward
CREATE TRIGGER relief_award_begins BEFORE INSERT ON relief_award
BEGIN
    SELECT RAISE(ABORT, 'relief: an award begins as a proposal')
    WHERE NEW.state <> 'PROPOSED' OR NEW.version <> 1 OR NEW.entry_id IS NOT NULL;
    SELECT RAISE(ABORT, 'relief: an award belongs to its request')
    WHERE NOT EXISTS (
        SELECT 1 FROM relief_assistancerequest r JOIN relief_case c ON c.id = r.case_id
        JOIN catalog_project p ON p.id = r.project_id
        WHERE r.id = NEW.request_id AND r.project_id = NEW.project_id AND c.household_id = NEW.household_id
          AND p.currency = NEW.currency);
END;
CREATE TRIGGER relief_award_policy_insert BEFORE INSERT ON relief_award
BEGIN
    SELECT RAISE(ABORT, 'relief: the policy does not cover the sum')
    WHERE NOT EXISTS (
        SELECT 1 FROM relief_approvalpolicy p WHERE p.id = NEW.policy_id AND p.currency = NEW.currency
          AND p.from_minor <= NEW.weighed_minor AND (p.to_minor IS NULL OR p.to_minor >= NEW.weighed_minor));
END;
CREATE TRIGGER relief_award_policy_update BEFORE UPDATE ON relief_award
WHEN NEW.policy_id <> OLD.policy_id OR NEW.weighed_minor <> OLD.weighed_minor OR NEW.currency <> OLD.currency
BEGIN
    SELECT RAISE(ABORT, 'relief: the policy does not cover the sum')
    WHERE NOT EXISTS (
        SELECT 1 FROM relief_approvalpolicy p WHERE p.id = NEW.policy_id AND p.currency = NEW.currency
          AND p.from_minor <= NEW.weighed_minor AND (p.to_minor IS NULL OR p.to_minor >= NEW.weighed_minor));
END;
CREATE TRIGGER relief_award_keeps BEFORE UPDATE ON relief_award
BEGIN
    SELECT RAISE(ABORT, 'relief: an award keeps its request, household, project and proposer')
    WHERE NEW.id <> OLD.id OR NEW.ref <> OLD.ref OR NEW.request_id <> OLD.request_id
       OR NEW.household_id <> OLD.household_id OR NEW.project_id <> OLD.project_id
       OR NEW.currency <> OLD.currency OR NEW.proposed_by_id <> OLD.proposed_by_id
       OR NEW.proposed_at <> OLD.proposed_at;
    SELECT RAISE(ABORT, 'relief: a changed award is a new version, and only before it is approved')
    WHERE (NEW.amount_minor <> OLD.amount_minor OR NEW.payee_id <> OLD.payee_id OR NEW.purpose_id <> OLD.purpose_id
           OR NEW.lines <> OLD.lines OR NEW.policy_id <> OLD.policy_id OR NEW.weighed_minor <> OLD.weighed_minor
           OR NEW.digest <> OLD.digest OR NEW.version <> OLD.version)
      AND NOT (OLD.state IN ('PROPOSED', 'IN_REVIEW') AND NEW.state IN ('PROPOSED', 'REJECTED')
               AND NEW.version = OLD.version + 1 AND NEW.digest <> OLD.digest);
    SELECT RAISE(ABORT, 'relief: the ledger entry of an award stays')
    WHERE OLD.entry_id IS NOT NULL AND NEW.entry_id IS NOT OLD.entry_id;
END;
CREATE TRIGGER relief_award_moves BEFORE UPDATE ON relief_award
WHEN NEW.state <> OLD.state
BEGIN
    SELECT RAISE(ABORT, 'relief: an award does not move like this')
    WHERE OLD.state || '>' || NEW.state NOT IN (
        'PROPOSED>IN_REVIEW', 'PROPOSED>APPROVED', 'PROPOSED>REJECTED', 'IN_REVIEW>PROPOSED', 'IN_REVIEW>APPROVED',
        'IN_REVIEW>REJECTED', 'APPROVED>COMMITTED', 'COMMITTED>PAYING', 'COMMITTED>CANCELLED', 'PAYING>COMMITTED',
        'PAYING>PAID', 'PAID>PAYING');
    SELECT RAISE(ABORT, 'relief: approvals are missing')
    WHERE NEW.state IN ('APPROVED', 'COMMITTED') AND OLD.state <> 'PAYING' AND (
        NOT EXISTS (SELECT 1 FROM relief_approvalstage s WHERE s.policy_id = NEW.policy_id)
        OR EXISTS (
            SELECT 1 FROM relief_approvalstage s WHERE s.policy_id = NEW.policy_id AND s.people > (
                SELECT COUNT(DISTINCT a.approver_id) FROM relief_approval a
                WHERE a.award_id = NEW.id AND a.version = NEW.version AND a.digest = NEW.digest
                  AND a.stage = s.number)));
END;
CREATE TRIGGER relief_award_stays BEFORE DELETE ON relief_award
BEGIN
    SELECT RAISE(ABORT, 'relief: an award is never deleted');
END;
-- reverse
DROP TRIGGER relief_award_begins;
DROP TRIGGER relief_award_policy_insert;
DROP TRIGGER relief_award_policy_update;
DROP TRIGGER relief_award_keeps;
DROP TRIGGER relief_award_moves;
DROP TRIGGER relief_award_stays;
