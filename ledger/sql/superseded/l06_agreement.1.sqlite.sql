-- L6: the posting, its fund and both accounts agree on the currency, and all belong to one book.
-- L2: one positive whole amount, from one account to another (checks can be switched off on SQLite, triggers cannot).
-- forward
CREATE TRIGGER ledger_posting_amount BEFORE INSERT ON ledger_posting
WHEN typeof(NEW.amount_minor) <> 'integer' OR NEW.amount_minor NOT BETWEEN 1 AND 1000000000000000
    OR NEW.debit_account_id = NEW.credit_account_id
BEGIN
    SELECT RAISE(ABORT, 'L2: a posting is one positive whole amount from one account to another');
END;
CREATE TRIGGER ledger_posting_agreement BEFORE INSERT ON ledger_posting
WHEN NOT EXISTS (
    SELECT 1 FROM ledger_fund f, ledger_account d, ledger_account c
    WHERE f.id = NEW.fund_id AND d.id = NEW.debit_account_id AND c.id = NEW.credit_account_id
        AND f.currency = NEW.currency AND d.currency = NEW.currency AND c.currency = NEW.currency
        AND f.book_id = NEW.book_id AND d.book_id = NEW.book_id AND c.book_id = NEW.book_id
)
BEGIN
    SELECT RAISE(ABORT, 'L6: posting, fund and accounts must agree on book and currency');
END;
-- reverse
DROP TRIGGER ledger_posting_amount;
DROP TRIGGER ledger_posting_agreement;
