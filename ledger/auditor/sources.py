"""Where a log is read from: a folder, or an address. What they give is believed by nobody before it is checked."""

import urllib.error
import urllib.request
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from ledger.core.tiles import Tile

TIMEOUT_SECONDS = 60
# No file of a log is larger: a bundle holds 256 leaves of at most 65,535 bytes. Figures may be long.
LARGEST = 64 * 2**20
NOT_THERE = (404, 410)
# So many projects' figures are asked for at once.
PAGE = 500


class Unreachable(Exception):
    """The log could not be read. That says nothing about whether it is right."""


class Source(Protocol):
    """A log's files by their paths."""

    name: str
    is_local: bool

    def read(self, path: str) -> bytes | None:
        """A file of the log, None when it is not there. ``Unreachable`` when that cannot be known."""

    def figures(self, position: int, after: str) -> bytes | None:
        """A page of the figures published for a position, None when there are none."""


class Folder:
    """A log as exported: ``checkpoint``, ``vkey``, ``tile/…``, ``figures.json``."""

    is_local = True

    def __init__(self, path: Path) -> None:
        self._path = path if (path / "checkpoint").is_file() else path / "log"
        self._top = path
        self.name = str(path)

    def read(self, path: str) -> bytes | None:
        try:
            return (self._path / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise Unreachable(str(error)) from error

    def figures(self, position: int, after: str) -> bytes | None:
        for folder in (self._path, self._top):
            if (folder / "figures.json").is_file():
                return (folder / "figures.json").read_bytes()
        return None


class Address:
    """A log as served: the site's address, or that of its ``/log``."""

    is_local = False

    def __init__(self, address: str) -> None:
        address = address.rstrip("/")
        self.name = address
        self._log = address if urlsplit(address).path.endswith("/log") else address + "/log"
        self._site = self._log.removesuffix("/log")

    def read(self, path: str) -> bytes | None:
        return self._get(f"{self._log}/{path}")

    def figures(self, position: int, after: str) -> bytes | None:
        asked = urlencode({"position": position, "after": after, "limit": PAGE})
        return self._get(f"{self._site}/api/v1/figures?{asked}")

    def _get(self, address: str) -> bytes | None:
        request = urllib.request.Request(address, headers={"User-Agent": "ledger-auditor/1"})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                raw: bytes = answer.read(LARGEST + 1)
        except urllib.error.HTTPError as error:
            if error.code in NOT_THERE:
                return None
            raise Unreachable(f"{address}: {error}") from error
        except (OSError, ValueError) as error:
            raise Unreachable(f"{address}: {error}") from error
        if len(raw) > LARGEST:
            raise Unreachable(f"{address}: longer than any file of a log")
        return raw


def source_of(target: str) -> Source:
    """The folder or address that somebody named."""
    if target.startswith(("http://", "https://")):
        return Address(target)
    path = Path(target)
    if not path.is_dir():
        raise Unreachable(target)
    return Folder(path)


def read_tile(source: Source, tile: Tile, unit: int) -> bytes | None:
    """A tile or bundle. A partial one may have been dropped once its full one exists: then that one's beginning.

    ``unit`` is how many bytes one hash has; 0 for a bundle, which its reader cuts.
    """
    raw = source.read(tile.path)
    if raw is None and tile.width < tile.full.width:
        raw = source.read(tile.full.path)
        if raw is not None and unit:
            raw = raw[: tile.width * unit]
    return raw
