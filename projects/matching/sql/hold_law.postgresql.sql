-- What is held for gifts, what was let go and what was withdrawn are unbroken chains; with what is committed they never
-- pass the pledge, nor a hold its version's cap in all. Money is held only under a published version of the pot that holds
-- money. A request stands as it was asked; that nobody waits any more is said once.
-- forward
CREATE FUNCTION matching_bound(pot bigint, OUT committed bigint, OUT holds bigint, OUT ends bigint, OUT withdrawn bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    committed := COALESCE((SELECT stop FROM matching_match WHERE pool_id = pot ORDER BY place DESC LIMIT 1), 0)
        - COALESCE((SELECT stop FROM matching_matchrelease WHERE pool_id = pot ORDER BY place DESC LIMIT 1), 0);
    holds := COALESCE((SELECT stop FROM matching_matchhold WHERE pool_id = pot ORDER BY place DESC LIMIT 1), 0);
    ends := COALESCE((SELECT stop FROM matching_matchholdend WHERE pool_id = pot ORDER BY place DESC LIMIT 1), 0);
    withdrawn := COALESCE((SELECT stop FROM matching_matchwithdrawal WHERE pool_id = pot ORDER BY place DESC LIMIT 1), 0);
END $$;
CREATE FUNCTION matching_hold_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_place bigint; cap bigint; pledged bigint; bound record;
BEGIN
    bound := matching_bound(NEW.pool_id);
    SELECT MAX(place) INTO last_place FROM matching_matchhold WHERE pool_id = NEW.pool_id;
    IF NEW.place <> COALESCE(last_place, 0) + 1 OR NEW.start <> bound.holds THEN
        RAISE EXCEPTION 'hold_chain: a hold starts where the one before it stops' USING ERRCODE = '23514';
    END IF;
    SELECT p.pledged_minor, r.cap_total_minor INTO pledged, cap FROM matching_holdrequest q
        JOIN matching_matchpool p ON p.id = q.pool_id
        LEFT JOIN matching_matchrule r ON r.id = NEW.rule_id AND r.pool_id = p.id
        WHERE q.id = NEW.request_id AND p.id = NEW.pool_id AND q.gift_ref = NEW.gift_ref
        AND (NEW.rule_id IS NULL AND NEW.held_minor = 0
            OR r.published_at IS NOT NULL AND (r.reserves OR NEW.held_minor = 0));
    IF pledged IS NULL THEN
        RAISE EXCEPTION 'hold_rule: a hold follows a request, and a published version of its own pot'
            USING ERRCODE = '23514';
    END IF;
    IF (SELECT is_frozen FROM matching_matchfreeze WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1) THEN
        RAISE EXCEPTION 'hold_frozen: a frozen pot holds nothing' USING ERRCODE = '23514';
    END IF;
    IF NEW.held_minor > 0 AND NEW.stop - bound.ends + bound.committed
        > LEAST(pledged - bound.withdrawn, COALESCE(cap, pledged)) THEN
        RAISE EXCEPTION 'hold_over_committed: the pot does not hold this much' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION matching_hold_end_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_place bigint; bound record;
BEGIN
    bound := matching_bound(NEW.pool_id);
    SELECT MAX(place) INTO last_place FROM matching_matchholdend WHERE pool_id = NEW.pool_id;
    IF NEW.place <> COALESCE(last_place, 0) + 1 OR NEW.start <> bound.ends THEN
        RAISE EXCEPTION 'hold_end_chain: an end starts where the one before it stops' USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM matching_matchhold h WHERE h.id = NEW.hold_id AND h.pool_id = NEW.pool_id
        AND h.held_minor = NEW.stop - NEW.start AND h.asked_index < NEW.ended_index) THEN
        RAISE EXCEPTION 'hold_end_whole: a hold ends once, whole, behind its request' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION matching_withdrawal_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_place bigint; bound record;
BEGIN
    bound := matching_bound(NEW.pool_id);
    SELECT MAX(place) INTO last_place FROM matching_matchwithdrawal WHERE pool_id = NEW.pool_id;
    IF NEW.place <> COALESCE(last_place, 0) + 1 OR NEW.start <> bound.withdrawn THEN
        RAISE EXCEPTION 'withdrawal_chain: a withdrawal starts where the one before it stops' USING ERRCODE = '23514';
    END IF;
    IF (SELECT is_frozen FROM matching_matchfreeze WHERE pool_id = NEW.pool_id ORDER BY place DESC LIMIT 1) THEN
        RAISE EXCEPTION 'withdrawal_frozen: nothing is withdrawn from a frozen pot' USING ERRCODE = '23514';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM matching_restrequest q WHERE q.id = NEW.request_id AND q.pool_id = NEW.pool_id) THEN
        RAISE EXCEPTION 'withdrawal_asked: a rest is withdrawn by a request for the same pot' USING ERRCODE = '23514';
    END IF;
    IF NEW.stop + bound.committed + bound.holds - bound.ends
        > (SELECT pledged_minor FROM matching_matchpool WHERE id = NEW.pool_id) THEN
        RAISE EXCEPTION 'withdrawal_over_available: only what is available is withdrawn' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION matching_hold_request_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'hold_request: a request stands as it was asked' USING ERRCODE = '23514';
    END IF;
    IF (NEW.id, NEW.pool_id, NEW.gift_ref, NEW.amount_minor, NEW.notice_id, NEW.asked_at) IS DISTINCT FROM
        (OLD.id, OLD.pool_id, OLD.gift_ref, OLD.amount_minor, OLD.notice_id, OLD.asked_at)
        OR (OLD.end_notice_id IS NOT NULL AND NEW.end_notice_id IS DISTINCT FROM OLD.end_notice_id) THEN
        RAISE EXCEPTION 'hold_request: a request stands as it was asked' USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_hold_law BEFORE INSERT ON matching_matchhold
    FOR EACH ROW EXECUTE FUNCTION matching_hold_law();
CREATE TRIGGER matching_hold_end_law BEFORE INSERT ON matching_matchholdend
    FOR EACH ROW EXECUTE FUNCTION matching_hold_end_law();
CREATE TRIGGER matching_withdrawal_law BEFORE INSERT ON matching_matchwithdrawal
    FOR EACH ROW EXECUTE FUNCTION matching_withdrawal_law();
CREATE TRIGGER matching_hold_request_stands BEFORE UPDATE OR DELETE ON matching_holdrequest
    FOR EACH ROW EXECUTE FUNCTION matching_hold_request_stands();
CREATE TRIGGER matching_hold_request_kept BEFORE TRUNCATE ON matching_holdrequest
    FOR EACH STATEMENT EXECUTE FUNCTION matching_hold_request_stands();
-- reverse
DROP TRIGGER matching_hold_request_kept ON matching_holdrequest;
DROP TRIGGER matching_hold_request_stands ON matching_holdrequest;
DROP TRIGGER matching_withdrawal_law ON matching_matchwithdrawal;
DROP TRIGGER matching_hold_end_law ON matching_matchholdend;
DROP TRIGGER matching_hold_law ON matching_matchhold;
DROP FUNCTION matching_hold_request_stands();
DROP FUNCTION matching_withdrawal_law();
DROP FUNCTION matching_hold_end_law();
DROP FUNCTION matching_hold_law();
DROP FUNCTION matching_bound(bigint);
