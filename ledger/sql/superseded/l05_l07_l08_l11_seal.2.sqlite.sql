-- The seal. Postings and stretches are written first; the entry's insert checks them all and closes the door behind.
-- L5 a reversal mirrors an earlier entry; L7 a closed period takes nothing; L8 what a fund loses stands on its line;
-- L11 the entry has exactly the postings it counts, and nothing can join it later.
-- forward
CREATE TRIGGER ledger_posting_after_seal BEFORE INSERT ON ledger_posting
WHEN EXISTS (SELECT 1 FROM ledger_journalentry WHERE id = NEW.entry_id)
BEGIN
    SELECT RAISE(ABORT, 'L11: the entry is sealed; no posting can join it');
END;
CREATE TRIGGER ledger_lotuse_after_seal BEFORE INSERT ON ledger_lotuse
WHEN EXISTS (SELECT 1 FROM ledger_journalentry WHERE id = NEW.entry_id)
BEGIN
    SELECT RAISE(ABORT, 'L11: the entry is sealed; no use can join it');
END;
CREATE TRIGGER ledger_lothole_after_seal BEFORE INSERT ON ledger_lothole
WHEN EXISTS (SELECT 1 FROM ledger_journalentry WHERE id = NEW.entry_id)
BEGIN
    SELECT RAISE(ABORT, 'L11: the entry is sealed; no hole can join it');
END;
CREATE TRIGGER ledger_lotcover_after_seal BEFORE INSERT ON ledger_lotcover
WHEN EXISTS (SELECT 1 FROM ledger_journalentry WHERE id = NEW.entry_id)
BEGIN
    SELECT RAISE(ABORT, 'L11: the entry is sealed; no cover can join it');
END;
CREATE TRIGGER ledger_entry_seal BEFORE INSERT ON ledger_journalentry
BEGIN
    SELECT RAISE(ABORT, 'L11: the postings are not those the entry counts')
    WHERE (
        SELECT count(*) = NEW.posting_count AND min(line) = 1 AND max(line) = NEW.posting_count
            AND min(book_id = NEW.book_id)
        FROM ledger_posting WHERE entry_id = NEW.id
    ) IS NOT 1;
    SELECT RAISE(ABORT, 'L7: a day is written YYYY-MM-DD') WHERE date(NEW.effective_on) IS NOT NEW.effective_on;
    SELECT RAISE(ABORT, 'L7: the period is closed')
    WHERE EXISTS (
        SELECT 1 FROM ledger_period
        WHERE book_id = NEW.book_id AND NEW.effective_on BETWEEN starts_on AND ends_on
    );
END;
-- Most entries bring money in and touch no line: these laws are asked only where one of them could be concerned.
CREATE TRIGGER ledger_entry_seal_of_lines BEFORE INSERT ON ledger_journalentry
WHEN NEW.reverses_id IS NOT NULL OR NEW.kind IN ('REFUND', 'MATCH_RELEASE', 'DISPUTE_WITHDRAWN')
    OR EXISTS (
        SELECT 1 FROM ledger_posting p JOIN ledger_account d ON d.id = p.debit_account_id
        WHERE p.entry_id = NEW.id AND d.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE')
    )
    OR EXISTS (SELECT 1 FROM ledger_lotuse WHERE entry_id = NEW.id)
    OR EXISTS (SELECT 1 FROM ledger_lothole WHERE entry_id = NEW.id)
    OR EXISTS (SELECT 1 FROM ledger_lotcover WHERE entry_id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'L8: what a fund loses must stand on its line, to the unit')
    WHERE EXISTS (
        SELECT 1 FROM (
            SELECT fund_id, sum(net) AS net, sum(taken) AS taken FROM (
                SELECT p.fund_id AS fund_id, 0 AS taken, p.amount_minor * (
                    (c.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE')) - (d.type IN ('NET_ASSETS', 'INCOME', 'EXPENSE'))
                ) AS net
                FROM ledger_posting p
                JOIN ledger_account c ON c.id = p.credit_account_id
                JOIN ledger_account d ON d.id = p.debit_account_id
                WHERE p.entry_id = NEW.id
                UNION ALL
                SELECT fund_id, stop - start, 0 FROM ledger_lotuse WHERE entry_id = NEW.id AND kind = 'SPEND'
                UNION ALL
                SELECT fund_id, stop - start, 0 FROM ledger_lothole WHERE entry_id = NEW.id
            ) GROUP BY fund_id
        ) WHERE taken <> max(-net, 0)
    );
    SELECT RAISE(ABORT, 'L8: only money taken back or reversed makes holes')
    WHERE NEW.reverses_id IS NULL AND NEW.kind NOT IN ('REFUND', 'MATCH_RELEASE', 'DISPUTE_WITHDRAWN')
        AND EXISTS (SELECT 1 FROM ledger_lothole WHERE entry_id = NEW.id);
    SELECT RAISE(ABORT, 'L8: covers are as long as what another fund bears')
    WHERE (SELECT coalesce(sum(stop - start), 0) FROM ledger_lotcover WHERE entry_id = NEW.id) <> CASE
        WHEN NEW.kind IN ('REFUND', 'MATCH_RELEASE', 'DISPUTE_WITHDRAWN') THEN (
            SELECT coalesce(sum(p.amount_minor), 0)
            FROM ledger_posting p JOIN ledger_account d ON d.id = p.debit_account_id
            WHERE p.entry_id = NEW.id AND d.code IN ('5401.refund-cover', '1122.deficit')
        ) ELSE 0 END;
    SELECT RAISE(ABORT, 'L5: a reversal mirrors one earlier entry of the same book')
    WHERE NEW.reverses_id IS NOT NULL AND (
        NOT EXISTS (
            SELECT 1 FROM ledger_journalentry o
            WHERE o.id = NEW.reverses_id AND o.book_id = NEW.book_id AND o.posting_count = NEW.posting_count
                AND (o.recorded_at < NEW.recorded_at OR (o.recorded_at = NEW.recorded_at AND o.id < NEW.id))
        )
        OR EXISTS (
            SELECT 1 FROM ledger_posting o
            LEFT JOIN ledger_posting m ON m.entry_id = NEW.id AND m.line = o.line AND m.fund_id = o.fund_id
                AND m.debit_account_id = o.credit_account_id AND m.credit_account_id = o.debit_account_id
                AND m.amount_minor = o.amount_minor AND m.currency = o.currency
            WHERE o.entry_id = NEW.reverses_id AND m.entry_id IS NULL
        )
    );
END;
CREATE TRIGGER ledger_entry_outbox AFTER INSERT ON ledger_journalentry
BEGIN
    INSERT INTO ledger_outbox (subject_id, is_notice, recorded_at) VALUES (NEW.id, 0, NEW.recorded_at);
END;
CREATE TRIGGER ledger_notice_outbox AFTER INSERT ON ledger_notice
BEGIN
    INSERT INTO ledger_outbox (subject_id, is_notice, recorded_at) VALUES (NEW.id, 1, NEW.recorded_at);
END;
CREATE TRIGGER ledger_period_disjoint BEFORE INSERT ON ledger_period
WHEN EXISTS (
    SELECT 1 FROM ledger_period
    WHERE book_id = NEW.book_id AND starts_on <= NEW.ends_on AND ends_on >= NEW.starts_on
)
BEGIN
    SELECT RAISE(ABORT, 'L7: these days are closed already');
END;
-- reverse
DROP TRIGGER ledger_posting_after_seal;
DROP TRIGGER ledger_lotuse_after_seal;
DROP TRIGGER ledger_lothole_after_seal;
DROP TRIGGER ledger_lotcover_after_seal;
DROP TRIGGER ledger_entry_seal;
DROP TRIGGER ledger_entry_seal_of_lines;
DROP TRIGGER ledger_entry_outbox;
DROP TRIGGER ledger_notice_outbox;
DROP TRIGGER ledger_period_disjoint;
