"""A progress bar for whoever looks at a terminal; silent everywhere else."""

from typing import TextIO

WIDTH = 30


class Bar:
    """One line that is written over and over."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.shown = False
        self.on = stream.isatty()

    def show(self, done: int, total: int) -> None:
        """So much is done, of so much."""
        if not self.on:
            return
        full = WIDTH * done // max(total, 1)
        self._write(f"\r  [{'█' * full}{'·' * (WIDTH - full)}] {100 * done // max(total, 1):3d} %")
        self.shown = True

    def wipe(self) -> None:
        """Make room for a line of text."""
        if self.shown:
            self._write(f"\r{' ' * (WIDTH + 12)}\r")
            self.shown = False

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
