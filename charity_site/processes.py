"""Start a handful of processes, watch them, stop them all. For the demonstration; production uses a supervisor."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence

STOP_WITHIN = 10.0


class ChildDied(Exception):
    """A process ended by itself: its name and its exit code."""

    def __init__(self, name: str, code: int) -> None:
        self.name, self.code = name, code
        super().__init__(f"{name} ended with code {code}")


def free_port(wanted: int, *, taken: Sequence[int] = ()) -> int:
    """The wanted port, or the next one that nobody listens on."""
    for port in range(wanted, min(wanted + 200, 65_536)):
        if port not in taken and _can_listen(port):
            return port
    raise OSError(f"No free port from {wanted} on.")


def _can_listen(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Family:
    """The children, by name, in the order they were started."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = {**os.environ, **environment}
        self.children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *arguments: str) -> None:
        """Start `python …`. In a session of its own, so Ctrl-C reaches it through us and in our order."""
        self.children[name] = subprocess.Popen(
            [sys.executable, *arguments], env=self.environment, start_new_session=True
        )

    def check(self) -> None:
        for name, child in self.children.items():
            code = child.poll()
            if code is not None:
                raise ChildDied(name, code)

    def wait_for(self, address: str, *, seconds: float) -> None:
        """Until the address answers anything at all. Raises ChildDied or TimeoutError."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            if answers(address):
                return
            time.sleep(0.1)
        raise TimeoutError(f"{address} did not answer within {seconds:.0f} seconds.")

    def stop(self) -> None:
        """The last first, politely, then by force."""
        for child in reversed(self.children.values()):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        end = time.monotonic() + STOP_WITHIN
        for child in self.children.values():
            try:
                child.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=10).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
