-- L8: the lots of a fund's line form one unbroken chain, each as long as what its entry brought.
-- L9: in published order, one an entry and fund.
-- forward
ALTER TABLE ledger_lot ADD CONSTRAINT ledger_lot_prev FOREIGN KEY (fund_id, prev)
    REFERENCES ledger_lot (fund_id, stop);

CREATE FUNCTION ledger_lot_on_line() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.start <> (SELECT coalesce(max(stop), 0) FROM ledger_lot WHERE fund_id = NEW.fund_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a lot starts where the last one stops';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM ledger_logleaf WHERE position = NEW.log_index AND entry_id = NEW.entry_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: a lot carries the log position of its entry';
    END IF;
    IF NEW.log_index <= (SELECT max(log_index) FROM ledger_lot WHERE fund_id = NEW.fund_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L9: lots come in published order, one an entry';
    END IF;
    IF NEW.stop - NEW.start <> (
        SELECT coalesce(sum(p.amount_minor * (
            (c.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))::integer
            - (d.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))::integer
        )), 0)
        FROM ledger_posting p
        JOIN ledger_account c ON c.id = p.credit_account_id
        JOIN ledger_account d ON d.id = p.debit_account_id
        WHERE p.entry_id = NEW.entry_id AND p.fund_id = NEW.fund_id
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = 'L8: a lot is as long as what its entry brought the fund';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_lot_on_line BEFORE INSERT ON ledger_lot
    FOR EACH ROW EXECUTE FUNCTION ledger_lot_on_line();
-- reverse
DROP TRIGGER ledger_lot_on_line ON ledger_lot;
DROP FUNCTION ledger_lot_on_line();
ALTER TABLE ledger_lot DROP CONSTRAINT ledger_lot_prev;
