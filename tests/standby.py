"""A streaming standby of the tests' own PostgreSQL: a copy of its files, then its log as it is written."""

import shutil
from pathlib import Path
from typing import Any

from django.db import connection, connections

from tests import engine

_SLOT = "charity_standby"


class Standby(engine.Cluster):
    """It follows a running cluster, listens on a socket in its own folder, and takes no writing."""

    def __init__(self, home: Path, primary: engine.Cluster) -> None:
        # With feedback the primary keeps the rows that a long reading here still needs.
        super().__init__(home, {**engine.FORGETFUL, "hot_standby_feedback": "on"})
        self.primary = primary

    def start(self) -> None:
        self.home.mkdir()
        if self.user:
            shutil.chown(self.home, self.user)
        # The slot keeps what the primary writes until we have read it.
        slot = f"{_SLOT}_{connection.settings_dict['NAME']}"
        copied = ("-D", self.data, "-R", "-X", "stream", "-C", "-S", slot, "-c", "fast", "--no-sync")
        self._run("pg_basebackup", "-h", self.primary.home, "-U", connection.settings_dict["USER"], *copied)
        super().start()

    def stop(self, mode: str = "immediate") -> None:
        super().stop(mode)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s",
                [f"{_SLOT}_{connection.settings_dict['NAME']}"],
            )

    def for_django(self) -> dict[str, Any]:
        """Django's settings for the standby's copy of the tests' database."""
        return {**connections.settings["default"], "HOST": str(self.home)}
