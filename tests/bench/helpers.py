"""Talking to the measured processes. Each is asked in one line of JSON and answers in one; time is taken inside it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.bench.places import BASE, site_environment


class HelperFailed(Exception):
    """A measured process could not do what it was told; the text is its own account."""


class Helper:
    """One program of `programs/` in a process of its own."""

    def __init__(
        self, program: str, home: Path, url: str, environment: Mapping[str, str], profile: Path | None = None
    ) -> None:
        self.program = program
        self._log = (home / f"{program}.log").open("a+")
        more = {"BENCH_PROFILE": str(profile)} if profile else {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.programs.{program}"],
            cwd=BASE,
            env={**os.environ, **site_environment(home, url), **environment, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def tell(self, do: str, **values: Any) -> None:
        """Begin something; `answer` waits for its end. So several processes can work at once."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise HelperFailed(self._last_words()) from None

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise HelperFailed(self._last_words())
        said = json.loads(line)
        if "error" in said:
            raise HelperFailed(f"{self.program}: {said['error']}")
        return said

    def ask(self, do: str, **values: Any) -> dict[str, Any]:
        self.tell(do, **values)
        return self.answer()

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream and not stream.closed:
                stream.close()
        self._process.wait(60)
        self._log.close()

    def __enter__(self) -> "Helper":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind:
            self._process.kill()
        self.close()

    def _last_words(self) -> str:
        self._process.wait(10)
        self._log.flush()
        self._log.seek(0)
        lines = [line for line in self._log.read().splitlines() if line.strip()]
        return f"{self.program} ended ({self._process.returncode}): {lines[-1] if lines else 'nothing said'}"
