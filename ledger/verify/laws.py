"""The laws of every app in the database, against the steps of the migrations that laid them down.

No list is kept: whatever an installed app lays down by a step of ``ledger.sql`` is expected here, on the engine at
hand. Triggers are compared by definition and state, functions by their body, constraints by name.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache

from django.apps import apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

from ledger.sql import BOOKS, Law, Lift, statements
from ledger.verify.findings import Finding
from ledger.verify.values import fetched

_TRIGGER = re.compile(r"^CREATE TRIGGER (\w+)\b.*", re.MULTILINE | re.DOTALL)
_SET = re.compile(r"\bSET (\w+) = (.*?)(?=\s+SET |\s+AS\b)", re.DOTALL)
_LAID = re.compile(r"^CREATE (?:CONSTRAINT )?TRIGGER (\w+)[^;]*", re.MULTILINE)
_FUNCTION = re.compile(r"^CREATE (?:OR REPLACE )?FUNCTION (\w+\([^)]*\))(.*?)\$\$(.*?)\$\$", re.MULTILINE | re.DOTALL)


def laws_of_the_apps() -> Iterator[Finding]:
    """What differs between the laws of the apps above the books and what these laid down."""
    labels = _labels() - {BOOKS}
    yield from triggers_and_functions(labels)
    for label in sorted(labels):
        for model in apps.get_app_config(label).get_models(include_auto_created=True):
            yield from _constraints(model)


def triggers_and_functions(
    labels: Collection[str], *, also: Sequence[str] = (), on: Sequence[str] = ()
) -> Iterator[Finding]:
    """What differs between the triggers on the tables of these apps, with their functions, and the shipped ones.

    ``also`` are texts of laws that no migration lays down, ``on`` the tables that come with them.
    """
    shipped = [*_texts(labels, connection.vendor), *also]
    tables = [*(table for label in labels for table in _tables(label)), *on]
    if connection.vendor == "sqlite":
        yield from differences(_shipped_in_sqlite(shipped), _in_sqlite(tables))
    else:
        functions = _functions_in(shipped)
        yield from differences(_shipped_in_postgresql(shipped), _in_postgresql(tables))
        yield from differences(functions, _functions(list(functions)))


def differences(shipped: dict[str, str], there: dict[str, str]) -> Iterator[Finding]:
    """By name: what is missing, what was added, what was changed."""
    for name in sorted({*shipped, *there}):
        if name not in there:
            yield Finding("the database's laws", name, "is missing")
        elif name not in shipped:
            yield Finding("the database's laws", name, "was not shipped")
        elif shipped[name] != there[name]:
            yield Finding("the database's laws", name, "is not what was shipped")


# ---- what was shipped ----


@cache
def _laid_down() -> dict[str, tuple[Law, ...]]:
    """The laws in force: in the order in which an app's migrations lay them down, without those they lift again."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    found: dict[str, list[Law]] = {}
    for (label, _name), migration in sorted(loader.disk_migrations.items()):
        for step in migration.operations:
            if isinstance(step, Lift):
                found[label] = [law for law in found[label] if law.text != step.text]
            elif isinstance(step, Law):
                found.setdefault(label, []).append(step)
    return {label: tuple(steps) for label, steps in found.items()}


def _texts(labels: Collection[str], vendor: str) -> list[str]:
    return [law.sql(vendor) for label in sorted(labels) for law in _laid_down().get(label, ())]


def _labels() -> set[str]:
    """The apps that share a package with one that lays down laws: nothing may be added to their tables either."""
    packages = {apps.get_app_config(label).name.partition(".")[0] for label in _laid_down()}
    return {config.label for config in apps.get_app_configs() if config.name.partition(".")[0] in packages}


def _tables(label: str) -> list[str]:
    return [model._meta.db_table for model in apps.get_app_config(label).get_models(include_auto_created=True)]


# ---- SQLite keeps the words of a trigger as they were said ----


def _shipped_in_sqlite(texts: list[str]) -> dict[str, str]:
    said = [_TRIGGER.search(statement) for text in texts for statement in statements(text, "sqlite")]
    return {found[1]: found[0].rstrip(";") for found in said if found}


def _in_sqlite(tables: list[str]) -> dict[str, str]:
    rows = fetched("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {name: text for name, table, text in rows if table in tables}


# ---- PostgreSQL keeps a trigger as it understood it ----


def _shipped_in_postgresql(texts: list[str]) -> dict[str, str]:
    said = (found for text in texts for found in _LAID.finditer(text))
    return {found[1]: _plain(f"{found[0]} O") for found in said}


def _in_postgresql(tables: list[str]) -> dict[str, str]:
    rows = fetched(
        "SELECT t.tgname::text, pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE NOT t.tgisinternal AND n.nspname = 'public' AND c.relname = ANY(%s)",
        [tables],
    )
    return {name: _plain(text) for name, text in rows}


def _plain(text: str) -> str:
    """A trigger's definition without spaces that do not matter, its events in one order, its condition bare."""
    text = re.sub(r"\s+", " ", text).replace("public.", "")
    events = re.search(r"(BEFORE|AFTER) ((?:INSERT|UPDATE|DELETE|TRUNCATE)(?: OR \w+)*) ON", text)
    if events:
        text = text.replace(events[2], " OR ".join(sorted(events[2].split(" OR "))))
    # PostgreSQL adds brackets and casts of its own to a condition.
    return re.sub(r"WHEN \(.*\)(?= EXECUTE)", lambda when: re.sub(r"[()]|::\w+", "", when[0]).lower(), text)


def shipped_functions(labels: Collection[str]) -> dict[str, str]:
    """The functions in the laws of these apps, by name and arguments: how they run, and their body."""
    return _functions_in(_texts(labels, "postgresql"))


def _functions_in(texts: Sequence[str]) -> dict[str, str]:
    found = [one for text in texts for one in _FUNCTION.findall(text)]
    return {head: f"{_how(rest)}{body}" for head, rest, body in found}


def _how(rest: str) -> str:
    """How a function runs, of what it says between its name and its body."""
    sets = [f"{name}={value.strip()}" for name, value in _SET.findall(rest)]
    return f"{sets or None} {'SECURITY DEFINER' in rest} plpgsql"


def _functions(heads: list[str]) -> dict[str, str]:
    """Every function that has the name of a shipped one, whatever it takes."""
    rows = fetched(
        "SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', "
        "p.prosrc, p.proconfig, p.prosecdef, l.lanname::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang "
        "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.proname = ANY(%s)",
        [[head.partition("(")[0] for head in heads]],
    )
    return {head: f"{config} {definer} {language}{body}" for head, body, config, definer, language in rows}


# ---- constraints ----


def _constraints(model: type[models.Model]) -> Iterator[Finding]:
    """Every check and unique constraint that a model names."""
    table = model._meta.db_table
    there = _named_in_sqlite(table) if connection.vendor == "sqlite" else _named_in_postgresql(table)
    for constraint in model._meta.constraints:
        if str(constraint.name) not in there:
            yield Finding("the database's laws", f"{table} {constraint.name}", "is missing")


_CONSTRAINT = re.compile(r'CONSTRAINT "(\w+)"')


def _named_in_sqlite(table: str) -> set[str]:
    """Names of the indexes of a table, and of the constraints that stand in its own statement."""
    found: set[str] = set()
    for kind, name, text in fetched("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = %s", [table]):
        found |= {name} if kind == "index" else set(_CONSTRAINT.findall(text)) if kind == "table" else set()
    return found


def _named_in_postgresql(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, table))
