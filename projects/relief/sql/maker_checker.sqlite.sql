-- Nobody approves an award they proposed, took in or adjudicated; an approval names the version, digest, stage and
-- permission it was given for.
-- forward
CREATE TRIGGER relief_approval_maker_checker BEFORE INSERT ON relief_approval
BEGIN
    SELECT RAISE(ABORT, 'relief: nobody approves their own award')
    WHERE EXISTS (
        SELECT 1 FROM relief_award a
        JOIN relief_assistancerequest r ON r.id = a.request_id
        JOIN relief_case c ON c.id = r.case_id
        JOIN access_user u ON u.id = NEW.approver_id
        WHERE a.id = NEW.award_id
          AND (a.proposed_by_id = u.id OR u.ref IN (c.intake_by_ref, c.adjudicated_by_ref, r.submitted_by_ref)));
    SELECT RAISE(ABORT, 'relief: an approval is for what is in front of it')
    WHERE NOT EXISTS (
        SELECT 1 FROM relief_award a
        JOIN relief_approvalstage s ON s.policy_id = a.policy_id AND s.number = NEW.stage
        WHERE a.id = NEW.award_id AND a.version = NEW.version AND a.digest = NEW.digest
          AND s.permission = NEW.permission AND a.state IN ('PROPOSED', 'IN_REVIEW'));
END;
-- reverse
DROP TRIGGER relief_approval_maker_checker;
