"""What this computer saw before: per log, its key and its last checkpoint. It is what makes a rewound log visible."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


def default_path() -> Path:
    return Path.home() / ".local" / "share" / "ledger-auditor" / "seen.json"


@dataclass(frozen=True, slots=True)
class Seen:
    """A log's key as it was given or taken on first use, and the last checkpoint that held, seen at a POSIX second."""

    vkey: str
    size: int = 0
    root: str = ""
    note: str = ""
    at: int = 0


class Memory:
    """A small file, written whole and put in place at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _all(self) -> dict[str, Any]:
        try:
            held = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        if not isinstance(held, dict):
            raise ValueError("not an object")
        return held

    def seen(self, origin: str) -> Seen | None:
        """What was seen of a log. ``ValueError`` or ``TypeError`` when the file is not one of ours."""
        held = self._all().get(origin)
        return None if held is None else Seen(**held)

    def keep(self, origin: str, seen: Seen) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        held = {**self._all(), origin: asdict(seen)}
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        beside.write_text(json.dumps(held, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")
        beside.replace(self.path)

    def keep_evidence(self, origin: str, before: str, now: str, size: int) -> Path:
        """Both notes of a log that contradicts itself, in a file of their own."""
        name = re.sub(r"[^A-Za-z0-9.-]+", "-", origin)
        path = self.path.parent / f"evidence-{name}-{size}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{before}\n{'-' * 20}\n{now}", encoding="utf-8")
        return path
