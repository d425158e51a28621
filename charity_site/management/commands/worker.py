import signal
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from charity_site import worker


class Command(BaseCommand):
    help = "Number new entries, compute matches and run queued tasks, every second, until told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when nothing is left to do")
        parser.add_argument("--pause", type=float, default=1.0, help="seconds between two rounds with nothing to do")

    def handle(self, *args: Any, once: bool, pause: float, **options: Any) -> None:
        if once:
            while worker.one_round():
                pass
            return
        stop = Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        worker.run_until(stop, pause=pause)
