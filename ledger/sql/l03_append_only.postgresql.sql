-- L3: nothing is changed or removed. Statement triggers, so that even a change of no row and TRUNCATE are refused.
-- forward
CREATE OR REPLACE FUNCTION append_only_refuse() RETURNS trigger LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '23000',
        MESSAGE = format('L3: %s is append-only; %s is refused', TG_TABLE_NAME, TG_OP);
END
$$;
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION append_only_refuse();
-- reverse
DROP TRIGGER {table}_append_only ON {table};
