-- L6: the posting, its fund and both accounts agree on the currency, and all belong to one book.
-- L2: one positive whole amount, from one account to another.
-- forward
CREATE FUNCTION ledger_posting_amount() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.amount_minor NOT BETWEEN 1 AND 1000000000000000 OR NEW.debit_account_id = NEW.credit_account_id THEN
        RAISE EXCEPTION USING ERRCODE = '23000',
            MESSAGE = 'L2: a posting is one positive whole amount from one account to another';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_posting_amount BEFORE INSERT ON ledger_posting
    FOR EACH ROW EXECUTE FUNCTION ledger_posting_amount();
CREATE FUNCTION ledger_posting_agreement() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM ledger_fund f, ledger_account d, ledger_account c
        WHERE f.id = NEW.fund_id AND d.id = NEW.debit_account_id AND c.id = NEW.credit_account_id
            AND f.currency = NEW.currency AND d.currency = NEW.currency AND c.currency = NEW.currency
            AND f.book_id = NEW.book_id AND d.book_id = NEW.book_id AND c.book_id = NEW.book_id
    ) THEN
        RAISE EXCEPTION USING ERRCODE = '23000',
            MESSAGE = 'L6: posting, fund and accounts must agree on book and currency';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER ledger_posting_agreement BEFORE INSERT ON ledger_posting
    FOR EACH ROW EXECUTE FUNCTION ledger_posting_agreement();
-- reverse
DROP TRIGGER ledger_posting_amount ON ledger_posting;
DROP FUNCTION ledger_posting_amount();
DROP TRIGGER ledger_posting_agreement ON ledger_posting;
DROP FUNCTION ledger_posting_agreement();
