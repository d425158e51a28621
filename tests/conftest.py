"""What every test shares: the database (see `engine.py`) and the way committing tests are undone (`guards.py`)."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import translation

from charity_site import translations
from tests import engine
from tests.journeys import running

# The clock and the people: see cast.py.
pytest_plugins = ["tests.cast"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=engine.ENGINES, default="sqlite", help="the database to test on")
    parser.addoption("--only-database", action="store_true", help="skip what asks for no database")
    parser.addoption("--partitioned", action="store_true", help="PostgreSQL: with the journal in partitions")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    translations.compile_all()
    config.add_cleanup(running.stop)
    cluster = engine.own_cluster()
    if cluster:
        config.add_cleanup(cluster.stop)
        cluster.start()


ASKS_FOR_ONE = {"db", "transactional_db", "django_db_setup", "live_server"}


# What pages say is the same on every database. That each opens on PostgreSQL too, the permission matrix tries there:
# it asks every address, as everybody.
PAGES = (
    "charity_site",
    "projects/api",
    "projects/donors",
    "projects/oversight",
    "projects/pages",
    "projects/workspace",
)
HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The suite runs twice, once on each database: what asks for none, or tests what pages say, needs to run once."""
    if not config.getoption("only_database"):
        return
    once = pytest.mark.skip(reason="asks for no database: it ran on SQLite")
    pages = pytest.mark.skip(reason="tests what pages say: it ran on SQLite")
    for item in items:
        if item.path.is_relative_to(HERE) and str(item.path.relative_to(HERE)).startswith(PAGES):
            item.add_marker(pages)
        asks = item.get_closest_marker("django_db") or item.get_closest_marker("both_engines")
        if not asks and not ASKS_FOR_ONE & set(getattr(item, "fixturenames", ())):
            item.add_marker(once)


def pytest_report_header() -> str:
    from django.db import connection

    return f"database: {connection.vendor}"


@pytest.fixture(autouse=True)
def _in_chinese() -> None:
    """Every test begins in the site's own language, whatever the one before has read."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def _a_memory_of_its_own(settings) -> None:
    """What a test signs is undone with its database: the log's memory outside must not outlive it."""
    settings.LOG_STATE_DIR = settings.VAR_DIR / "log-states" / uuid4().hex


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker, request: pytest.FixtureRequest) -> Iterator[None]:
    """The migrated database, with a copy of it that committing tests are undone from."""
    from tests import guards

    with django_db_blocker.unblock():
        if request.config.getoption("partitioned"):
            from tests.ledger.partitioned import divide

            divide()
        guards.install()
        guards.keep_copy()
    yield
    with django_db_blocker.unblock():
        guards.forget_copy()
