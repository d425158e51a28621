"""`make demo`: the whole site with its made-up data, on this machine, until Ctrl-C."""

import signal
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from charity_site.demo_cast import CAST, PASSWORD
from charity_site.processes import ChildDied, Family, free_port

LOADED = "demo-loaded"
LOADING = "demo-loading"
# What a demonstration writes while it loads. Set aside together: the emulator knows the same payments.
DATABASES = ("charity.sqlite3", "charity.sqlite3-wal", "charity.sqlite3-shm", "emulator.sqlite3", "log-state")


class Command(BaseCommand):
    help = "Run the site, its worker and the payment emulator with demonstration data, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="the site's port, if it is free")
        parser.add_argument("--emulator-port", type=int, default=8001, help="the emulator's port, if it is free")

    def handle(self, *args: Any, port: int, emulator_port: int, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This makes up data and prints passwords. Start it with DEMO=1, as `make demo` does.")
        site_port = self.choose_port("site", port)
        bank_port = self.choose_port("emulator", emulator_port, taken=[site_port])
        site, bank = f"http://localhost:{site_port}", f"http://localhost:{bank_port}"
        family = Family({"DEMO": "1", "SITE_URL": site, "STRIPE_API_BASE": bank})
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _as_ctrl_c)
        try:
            self.prepare()
            self.run(family, site, site_port, bank_port)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping … 正在停止……")
        except (ChildDied, TimeoutError) as problem:
            raise CommandError(f"{problem}. Everything else is stopped too; the lines above say more.") from None
        finally:
            family.stop()

    def choose_port(self, name: str, wanted: int, taken: list[int] | None = None) -> int:
        port = free_port(wanted, taken=taken or [])
        if port != wanted:
            self.stdout.write(self.style.WARNING(f"Port {wanted} is busy; the {name} uses {port}."))
        return port

    def prepare(self) -> None:
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        self.set_aside_half_loaded()
        self.stdout.write("Preparing the database … 正在准备数据库……")
        call_command("migrate", interactive=False, verbosity=0)

    def set_aside_half_loaded(self) -> None:
        """A load that was cut off must not pass for the whole. Nobody has used the site yet, and nothing is deleted."""
        if not (settings.VAR_DIR / LOADING).exists():
            return
        if settings.DATABASES["default"]["NAME"] != str(settings.VAR_DIR / DATABASES[0]):
            raise CommandError(
                f"Loading was cut off last time, so this database holds half a demonstration. Empty it, remove "
                f"{settings.VAR_DIR / LOADING}, and start again."
            )
        connections.close_all()
        aside = Path(tempfile.mkdtemp(prefix="cut-off-", dir=settings.VAR_DIR))
        for name in (*DATABASES, LOADING):
            if (settings.VAR_DIR / name).exists():
                (settings.VAR_DIR / name).rename(aside / name)
        self.stdout.write(
            self.style.WARNING(f"Loading was cut off last time; starting afresh. The half is in {aside}.")
        )

    def run(self, family: Family, site: str, site_port: int, bank_port: int) -> None:
        webhook = f"{site}/stripe/webhook"
        emulator = ["-m", "projects.checkout.emulator", "--port", str(bank_port), "--webhook", webhook]
        family.start("the payment emulator", *emulator)
        family.start("the site", "-m", "gunicorn", *_gunicorn(site_port), "charity_site.wsgi")
        # The data come in through the site's own doors, so the site is up before they are loaded.
        family.wait_for(f"{site}/zh-hans/", seconds=90)
        self.load(family)
        family.start("the worker", "manage.py", "worker")
        self.greet(site)
        while True:
            family.check()
            time.sleep(0.5)

    def load(self, family: Family) -> None:
        """Once for each database: the marks are kept beside it."""
        loaded, loading = settings.VAR_DIR / LOADED, settings.VAR_DIR / LOADING
        if loaded.exists():
            return
        self.stdout.write("Loading the demonstration data … 正在载入演示数据……")
        started = time.monotonic()
        loading.write_text("The demonstration data are being loaded, or that was cut off.\n")
        done = subprocess.run([sys.executable, "manage.py", "load_demo"], env=family.environment, check=False)
        if done.returncode:
            raise ChildDied("load_demo", done.returncode)
        loading.replace(loaded)
        self.stdout.write(f"Loaded in {time.monotonic() - started:.0f} s.")

    def greet(self, site: str) -> None:
        lines = ["", self.style.SUCCESS(f"善款账本已就绪：{site}    The ledger is ready."), ""]
        for player in CAST:
            login = f"{player.username} / {PASSWORD}" if player.username else "无需登录 no login"
            lines += [f"  {player.zh}  {player.en}", f"      {site}{player.path}    {login}"]
        lines += ["", f"  邮件写入 mail is written to: {settings.EMAIL_FILE_PATH}"]
        lines += ["  捐赠与人物均为虚构 · gifts and people are made up.    Ctrl-C 停止 stops.", ""]
        self.stdout.write("\n".join(lines))


def _gunicorn(port: int) -> list[str]:
    quiet = ["--log-level", "warning", "--access-logfile", "/dev/null"]
    return ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--timeout", "120", *quiet]


def _as_ctrl_c(*_: object) -> None:
    raise KeyboardInterrupt
