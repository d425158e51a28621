-- The journal in partitions, by book and by time (PostgreSQL only; laid down by ``manage.py ledger_partition``).
-- A unique key over partitions has to hold what they are divided by. A key that must be unique in a whole book, at any
-- time, is therefore claimed in a narrow table beside them: L4 the key of an event, L5 what is reversed. The entry's own
-- statement claims it, so two sessions wait for each other here as they did at the index.
-- Rows that do not carry their book cannot name an entry by a foreign key any more; a trigger looks the entry up when
-- the transaction ends, as the foreign key did. Entries are never removed, so what held once holds for ever.
-- forward
CREATE TABLE ledger_entrykey (
    book_id bigint NOT NULL,
    key_hash uuid NOT NULL,
    CONSTRAINT ledger_entry_key_once PRIMARY KEY (book_id, key_hash)
);
CREATE TABLE ledger_entryreversal (
    book_id bigint NOT NULL,
    reverses_id uuid NOT NULL,
    CONSTRAINT ledger_entry_reversed_once PRIMARY KEY (book_id, reverses_id)
);

-- With the owner's rights: nobody else may claim, and only an entry does.
CREATE FUNCTION ledger_entry_claims() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_entrykey (book_id, key_hash)
        SELECT n.book_id, encode(substring(sha256(convert_to(n.idempotency_key, 'UTF8')) FOR 16), 'hex')::uuid
        FROM news n;
    INSERT INTO ledger_entryreversal (book_id, reverses_id)
        SELECT n.book_id, n.reverses_id FROM news n WHERE n.reverses_id IS NOT NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_entry_claims AFTER INSERT ON ledger_journalentry REFERENCING NEW TABLE AS news
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_claims();

CREATE FUNCTION ledger_entry_is_there() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ledger_journalentry e WHERE e.id = NEW.entry_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23503',
            MESSAGE = format('L11: the entry that a row of %s names is not there', TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_logleaf_names_entry AFTER INSERT ON ledger_logleaf DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_there();
CREATE CONSTRAINT TRIGGER ledger_lot_names_entry AFTER INSERT ON ledger_lot DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_there();
CREATE CONSTRAINT TRIGGER ledger_lotuse_names_entry AFTER INSERT ON ledger_lotuse DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_there();
CREATE CONSTRAINT TRIGGER ledger_lothole_names_entry AFTER INSERT ON ledger_lothole DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_there();
CREATE CONSTRAINT TRIGGER ledger_lotcover_names_entry AFTER INSERT ON ledger_lotcover DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_is_there();
-- reverse
