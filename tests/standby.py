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
        super().__init__(home)
        self.primary = primary

    def start(self) -> None:
        self.home.mkdir()
        if self.user:
            shutil.chown(self.home, self.user)
        # The slot keeps what the primary writes until we have read it.
        slot = f"{_SLOT}_{connection.settings_dict['NAME']}"
        copied = ("-D", self.data, "-R", "-X", "stream", "-C", "-S", slot, "-c", "fast", "--no-sync")
        self._run("pg_basebackup", "-h", self.primary.home, "-U", connection.settings_dict["USER"], *copied)
        # With feedback the primary keeps the rows that a long reading here still needs.
        options = f"-k {self.home} -c listen_addresses= -c fsync=off -c hot_standby_feedback=on -c max_connections=60"
        self._run("pg_ctl", "-D", self.data, "-l", self.home / "log", "-w", "-o", options, "start")

    def stop(self, *how: str) -> None:
        super().stop(*how)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s",
                [f"{_SLOT}_{connection.settings_dict['NAME']}"],
            )

    def settings(self) -> dict[str, Any]:
        """Django's settings for the standby's copy of the tests' database."""
        return {**connections.settings["default"], "HOST": str(self.home)}
