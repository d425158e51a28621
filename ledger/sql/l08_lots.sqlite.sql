-- L8: the lots of a fund's line form one unbroken chain, each as long as what its entry brought.
-- L9: in published order, one an entry and fund.
-- Rows are found by the entry's key: the + keeps the index of the fund, which grows with the book, out of it. One
-- statement asks everything: each of its own costs as much again as what it asks. For IN with more than two values SQLite
-- would fill a small table anew for each row: they are compared one by one.
-- SQLite stores what it is given in any column, and its checks can be switched off: whole numbers are asked for here.
-- forward
CREATE TRIGGER ledger_lot_on_line BEFORE INSERT ON ledger_lot
BEGIN
    SELECT CASE
        WHEN typeof(NEW.start) <> 'integer' OR typeof(NEW.stop) <> 'integer' OR NEW.start < 0 OR NEW.stop <= NEW.start
            THEN RAISE(ABORT, 'L8: a stretch runs forward in whole units')
        WHEN NEW.start <> coalesce(
            (SELECT stop FROM ledger_lot WHERE fund_id = NEW.fund_id ORDER BY start DESC LIMIT 1), 0
        ) THEN RAISE(ABORT, 'L8: a lot starts where the last one stops')
        WHEN NEW.entry_id IS NOT (SELECT entry_id FROM ledger_logleaf WHERE position = NEW.log_index)
            THEN RAISE(ABORT, 'L9: a lot carries the log position of its entry')
        WHEN NEW.log_index <= (
            SELECT log_index FROM ledger_lot WHERE fund_id = NEW.fund_id ORDER BY start DESC LIMIT 1
        ) THEN RAISE(ABORT, 'L9: lots come in published order, one an entry')
        WHEN NEW.stop - NEW.start <> (
            SELECT coalesce(sum(p.amount_minor * (
                (c.type = 'NET_ASSETS' OR c.type = 'INCOME' OR c.type = 'EXPENSE')
                - (d.type = 'NET_ASSETS' OR d.type = 'INCOME' OR d.type = 'EXPENSE')
            )), 0)
            FROM ledger_posting p
            JOIN ledger_account c ON c.id = p.credit_account_id
            JOIN ledger_account d ON d.id = p.debit_account_id
            WHERE p.entry_id = NEW.entry_id AND +p.fund_id = NEW.fund_id
        ) THEN RAISE(ABORT, 'L8: a lot is as long as what its entry brought the fund')
    END;
END;
-- reverse
DROP TRIGGER ledger_lot_on_line;
