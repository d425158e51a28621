-- What is held for gifts, what was let go and what was withdrawn are unbroken chains; with what is committed they never
-- pass the pledge, nor a hold its version's cap in all. Money is held only under a published version of the pot that holds
-- money. A request stands as it was asked; that nobody waits any more is said once.
-- forward
CREATE TRIGGER matching_hold_law BEFORE INSERT ON matching_matchhold BEGIN
    SELECT RAISE(ABORT, 'hold_chain: a hold starts where the one before it stops')
        WHERE NEW.place IS NOT COALESCE((SELECT MAX(place) FROM matching_matchhold WHERE pool_id = NEW.pool_id), 0) + 1
        OR NEW.start IS NOT COALESCE(
            (SELECT stop FROM matching_matchhold WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0);
    SELECT RAISE(ABORT, 'hold_rule: a hold follows a request, and a published version of its own pot')
        WHERE NOT EXISTS (SELECT 1 FROM matching_holdrequest q
            WHERE q.id = NEW.request_id AND q.pool_id = NEW.pool_id AND q.gift_ref = NEW.gift_ref)
        OR (NEW.held_minor > 0 OR NEW.rule_id IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM matching_matchrule r
            WHERE r.id = NEW.rule_id AND r.pool_id = NEW.pool_id AND r.published_at IS NOT NULL
            AND (r.reserves OR NEW.held_minor = 0));
    SELECT RAISE(ABORT, 'hold_frozen: a frozen pot holds nothing')
        WHERE (SELECT is_frozen FROM matching_matchfreeze WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1);
    SELECT RAISE(ABORT, 'hold_over_committed: the pot does not hold this much')
        WHERE NEW.held_minor > 0 AND NEW.stop
        - COALESCE((SELECT stop FROM matching_matchholdend WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        + COALESCE((SELECT stop FROM matching_match WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        - COALESCE((SELECT stop FROM matching_matchrelease WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        > (SELECT MIN(p.pledged_minor - COALESCE((SELECT stop FROM matching_matchwithdrawal w
                WHERE w.pool_id = p.id ORDER BY w.place DESC LIMIT 1), 0), COALESCE(r.cap_total_minor, p.pledged_minor))
            FROM matching_matchrule r JOIN matching_matchpool p ON p.id = r.pool_id WHERE r.id = NEW.rule_id);
END;
CREATE TRIGGER matching_hold_end_law BEFORE INSERT ON matching_matchholdend BEGIN
    SELECT RAISE(ABORT, 'hold_end_chain: an end starts where the one before it stops')
        WHERE NEW.place IS NOT COALESCE((SELECT MAX(place) FROM matching_matchholdend WHERE pool_id = NEW.pool_id), 0) + 1
        OR NEW.start IS NOT COALESCE(
            (SELECT stop FROM matching_matchholdend WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0);
    SELECT RAISE(ABORT, 'hold_end_whole: a hold ends once, whole, behind its request')
        WHERE NOT EXISTS (SELECT 1 FROM matching_matchhold h WHERE h.id = NEW.hold_id AND h.pool_id = NEW.pool_id
            AND h.held_minor = NEW.stop - NEW.start AND h.asked_index < NEW.ended_index);
END;
CREATE TRIGGER matching_withdrawal_law BEFORE INSERT ON matching_matchwithdrawal BEGIN
    SELECT RAISE(ABORT, 'withdrawal_chain: a withdrawal starts where the one before it stops')
        WHERE NEW.place IS NOT COALESCE((SELECT MAX(place) FROM matching_matchwithdrawal WHERE pool_id = NEW.pool_id), 0) + 1
        OR NEW.start IS NOT COALESCE(
            (SELECT stop FROM matching_matchwithdrawal WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0);
    SELECT RAISE(ABORT, 'withdrawal_frozen: nothing is withdrawn from a frozen pot')
        WHERE (SELECT is_frozen FROM matching_matchfreeze WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1);
    SELECT RAISE(ABORT, 'withdrawal_over_available: only what is available is withdrawn')
        WHERE NEW.stop
        + COALESCE((SELECT stop FROM matching_match WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        - COALESCE((SELECT stop FROM matching_matchrelease WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        + COALESCE((SELECT stop FROM matching_matchhold WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        - COALESCE((SELECT stop FROM matching_matchholdend WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1), 0)
        > (SELECT pledged_minor FROM matching_matchpool WHERE id = NEW.pool_id);
END;
CREATE TRIGGER matching_hold_request_stands BEFORE UPDATE ON matching_holdrequest
WHEN NEW.id IS NOT OLD.id OR NEW.pool_id IS NOT OLD.pool_id OR NEW.gift_ref IS NOT OLD.gift_ref
    OR NEW.amount_minor IS NOT OLD.amount_minor OR NEW.notice_id IS NOT OLD.notice_id
    OR NEW.asked_at IS NOT OLD.asked_at
    OR (OLD.end_notice_id IS NOT NULL AND NEW.end_notice_id IS NOT OLD.end_notice_id)
BEGIN
    SELECT RAISE(ABORT, 'hold_request: a request stands as it was asked');
END;
CREATE TRIGGER matching_hold_request_kept BEFORE DELETE ON matching_holdrequest BEGIN
    SELECT RAISE(ABORT, 'hold_request: a request stands as it was asked');
END;
CREATE TRIGGER matching_hold_request_not_replaced BEFORE INSERT ON matching_holdrequest
WHEN EXISTS (SELECT 1 FROM matching_holdrequest q WHERE q.id = NEW.id OR q.notice_id = NEW.notice_id
    OR (q.end_notice_id IS NOT NULL AND q.end_notice_id = NEW.end_notice_id)
    OR (q.pool_id = NEW.pool_id AND q.gift_ref = NEW.gift_ref))
BEGIN
    SELECT RAISE(ABORT, 'hold_request: a request stands as it was asked');
END;
CREATE TRIGGER matching_withdrawal_asked BEFORE INSERT ON matching_matchwithdrawal BEGIN
    SELECT RAISE(ABORT, 'withdrawal_asked: a rest is withdrawn by a request for the same pot')
        WHERE NOT EXISTS (SELECT 1 FROM matching_restrequest q WHERE q.id = NEW.request_id AND q.pool_id = NEW.pool_id);
END;
-- reverse
DROP TRIGGER matching_withdrawal_asked;
DROP TRIGGER matching_hold_request_not_replaced;
DROP TRIGGER matching_hold_request_kept;
DROP TRIGGER matching_hold_request_stands;
DROP TRIGGER matching_withdrawal_law;
DROP TRIGGER matching_hold_end_law;
DROP TRIGGER matching_hold_law;
