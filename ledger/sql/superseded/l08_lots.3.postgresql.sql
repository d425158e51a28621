-- L8: the lots of a fund's line form one unbroken chain, each as long as what its entry brought.
-- L9: in published order, one an entry and fund.
-- A statement's lots are looked at together. That fund, entry and the lot before are there is proven here, once, so no
-- foreign key asks again. Plans are bound to the keys: one made while the tables were small would read them whole.
-- forward
CREATE FUNCTION ledger_lot_on_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
    SET jit = off AS $$
DECLARE
    broken boolean;
    misplaced boolean;
    disordered boolean;
    unequal boolean;
    worth bigint[];
BEGIN
    SELECT array_agg(id) INTO worth FROM ledger_account WHERE type IN ('NET_ASSETS', 'INCOME', 'EXPENSE');
    SELECT bool_or(n.start <> coalesce(n.before, o.stop, 0)), bool_or(l.position IS NULL),
        bool_or(n.log_index <= coalesce(n.index_before, o.log_index)), bool_or(n.stop - n.start <> coalesce(b.net, 0))
    INTO broken, misplaced, disordered, unequal
    FROM (
        SELECT f.fund_id, f.start, f.stop, f.entry_id, f.log_index,
            lag(f.stop) OVER line AS before, lag(f.log_index) OVER line AS index_before
        FROM fresh f WINDOW line AS (PARTITION BY f.fund_id ORDER BY f.start)
    ) n
    LEFT JOIN LATERAL (
        SELECT x.stop, x.log_index FROM ledger_lot x
        WHERE n.before IS NULL AND x.fund_id = n.fund_id AND x.start < n.start ORDER BY x.start DESC LIMIT 1
    ) o ON true
    LEFT JOIN ledger_logleaf l ON l.position = n.log_index AND l.entry_id = n.entry_id
    LEFT JOIN LATERAL (
        SELECT sum(p.amount_minor * (
            (p.credit_account_id = ANY (worth))::integer - (p.debit_account_id = ANY (worth))::integer
        )) AS net
        FROM ledger_posting p
        WHERE p.entry_id = n.entry_id AND p.fund_id = n.fund_id
    ) b ON true;
    IF broken THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a lot starts where the last one stops';
    END IF;
    IF misplaced THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: a lot carries the log position of its entry';
    END IF;
    IF disordered THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: lots come in published order, one an entry';
    END IF;
    IF unequal THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a lot is as long as what its entry brought the fund';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_lot_on_line AFTER INSERT ON ledger_lot
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_lot_on_line();
-- reverse
DROP TRIGGER ledger_lot_on_line ON ledger_lot;
DROP FUNCTION ledger_lot_on_line();
