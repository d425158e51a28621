-- L2: one positive whole amount, from one account to another.
-- L6: the posting, its fund and both accounts agree on the currency, and all belong to one book; that they are there at
-- all is found by the same look, so that no foreign key has to lock their rows.
-- L11: a later line joins its entry only in the transaction that wrote the first line, and before the entry seals it.
-- What another session has not committed is seen by nobody else: whoever cannot see the first line is not its writer,
-- whoever sees the entry comes too late, and two first lines are one key. So no transaction number is kept.
-- One look for a whole statement, whether it brings one posting or ten thousand. A function keeps its plans as long as the
-- session lives, and tables grow meanwhile: so rows are always looked up by key, never by reading a table through.
-- forward
CREATE FUNCTION ledger_posting_agreement() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
    SET jit = off AS $$
DECLARE
    fault text;
    later boolean;
BEGIN
    SELECT
        max(CASE
            WHEN n.amount_minor NOT BETWEEN 1 AND 1000000000000000 OR n.debit_account_id = n.credit_account_id
                THEN 'L2: a posting is one positive whole amount from one account to another'
            WHEN f.id IS NULL OR d.id IS NULL OR c.id IS NULL
                THEN 'L6: posting, fund and accounts must agree on book and currency'
        END),
        bool_or(n.line <> 1)
    INTO fault, later
    FROM news n
    LEFT JOIN ledger_fund f ON f.id = n.fund_id AND f.book_id = n.book_id AND f.currency = n.currency
    LEFT JOIN ledger_account d ON d.id = n.debit_account_id AND d.book_id = n.book_id AND d.currency = n.currency
    LEFT JOIN ledger_account c ON c.id = n.credit_account_id AND c.book_id = n.book_id AND c.currency = n.currency;
    IF later AND fault IS NULL AND EXISTS (
        SELECT 1 FROM news n WHERE n.line <> 1 AND (
            NOT EXISTS (SELECT 1 FROM ledger_posting p WHERE p.entry_id = n.entry_id AND p.line = 1)
            OR EXISTS (SELECT 1 FROM ledger_journalentry e WHERE e.id = n.entry_id)
        )
    ) THEN
        fault := 'L11: the entry is sealed, or another session writes it; nothing can join it (ledger_posting)';
    END IF;
    IF fault IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = '23000', MESSAGE = fault;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_posting_agreement AFTER INSERT ON ledger_posting REFERENCING NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_posting_agreement();
-- reverse
DROP TRIGGER ledger_posting_agreement ON ledger_posting;
DROP FUNCTION ledger_posting_agreement();
