-- L3: nothing is changed or removed. A replacing insert would delete without any delete trigger: it is refused too.
-- forward
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
BEGIN
    SELECT RAISE(ABORT, 'L3: {table} is append-only; nothing is changed');
END;
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
BEGIN
    SELECT RAISE(ABORT, 'L3: {table} is append-only; nothing is removed');
END;
CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
WHEN {taken}
BEGIN
    SELECT RAISE(ABORT, 'L3: {table} is append-only; this row exists');
END;
-- reverse
DROP TRIGGER {table}_no_update;
DROP TRIGGER {table}_no_delete;
DROP TRIGGER {table}_no_replace;
