"""The demonstration's processes: ports, waiting, who died, who is stopped."""

import os
import socket

import pytest

from charity_site import demo_keys
from charity_site.processes import ChildDied, Family, free_port

SERVER = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"


@pytest.fixture
def family():
    family = Family({"PYTHONDONTWRITEBYTECODE": "1"})
    yield family
    family.stop()


def test_a_busy_port_gives_way_to_the_next_free_one():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        busy = listener.getsockname()[1]
        chosen = free_port(busy)
        assert chosen > busy
        assert free_port(busy, taken=[chosen]) > chosen


def test_it_waits_until_the_address_answers(family):
    port = free_port(18_700 + os.getpid() % 1000)
    family.start("server", "-c", SERVER, str(port))
    family.wait_for(f"http://127.0.0.1:{port}/nothing-here", seconds=60)


def test_it_says_which_child_died(family):
    family.start("the unlucky one", "-c", "raise SystemExit(7)")
    family.children["the unlucky one"].wait()
    with pytest.raises(ChildDied, match="the unlucky one ended with code 7"):
        family.wait_for("http://127.0.0.1:9/", seconds=60)


def test_nobody_is_left_behind(family, monkeypatch):
    monkeypatch.setattr("charity_site.processes.STOP_WITHIN", 0.2)
    family.start("polite", "-c", "import time; time.sleep(600)")
    family.start("stubborn", "-c", STUBBORN)
    family.stop()
    assert all(child.poll() is not None for child in family.children.values())


def test_a_demo_key_is_made_once_and_private(tmp_path):
    path = tmp_path / "key"
    key = demo_keys.kept(path)
    assert demo_keys.kept(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"], "no draft is left"
    assert demo_keys.kept(tmp_path / "other") != key
