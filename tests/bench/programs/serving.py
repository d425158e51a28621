"""What every measured process shares: a line of JSON in, a line out, its peak of memory, a profile if one is asked."""

import cProfile
import json
import os
import pstats
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

Command = Callable[..., dict[str, Any] | None]


def serve(commands: dict[str, Command]) -> None:
    """Answer until the asker closes the pipe. What is printed meanwhile goes to the log."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    profile = cProfile.Profile() if os.environ.get("BENCH_PROFILE") else None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            said = _do(commands[asked.pop("do")], asked, profile) or {}
            said["peak_bytes"] = peak_bytes()
        except Exception as error:
            traceback.print_exc()
            said = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(said) + "\n")
        answers.flush()
    if profile:
        with Path(os.environ["BENCH_PROFILE"]).open("w") as out:
            pstats.Stats(profile, stream=out).sort_stats("tottime").print_stats(45)


def _do(command: Command, asked: dict[str, Any], profile: cProfile.Profile | None) -> dict[str, Any] | None:
    if profile and getattr(command, "measured", False):
        return profile.runcall(command, **asked)
    return command(**asked)


def measured(command: Command) -> Command:
    """Marks the commands that a profile is taken of."""
    command.measured = True  # type: ignore[attr-defined]
    return command


def peak_bytes() -> int:
    """The largest resident memory of this process so far (not of the one that started it, as getrusage would say)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
