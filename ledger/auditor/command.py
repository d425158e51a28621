"""The command: what is asked, in which order it is checked, and what is printed."""

import argparse
import locale
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from ledger.auditor import figures, receipt
from ledger.auditor.keyring import Keyring, key_to_remember, open_head
from ledger.auditor.memory import Memory, Seen, default_path
from ledger.auditor.report import Report, Stop
from ledger.auditor.sources import Source, Unreachable, source_of
from ledger.auditor.walk import Walk
from ledger.auditor.words import KINDS, SAYINGS, UNREACHABLE, USAGE, text_of
from ledger.core.notes import OpenedCheckpoint, TreeHead

# What waited at a visit so long ago has come since, or never will.
LONG_AGO_SECONDS = 600


def main(argv: Sequence[str]) -> int:
    """Check what is named. The exit code is 0 only when everything that was checked holds."""
    asked = _parser().parse_args(argv)
    lang = asked.lang or ("zh" if (locale.getlocale()[0] or "").startswith(("zh", "Chinese")) else "en")
    report = Report()
    try:
        keyring = Keyring(asked.vkey, asked.witness, Memory(asked.state or default_path()))
        if receipt.is_pdf(asked.target):
            receipt.check(Path(asked.target), keyring, report, lambda saying, /, **more: _say(saying, lang, **more))
        else:
            _check_log(source_of(asked.target), keyring, report, lang, all_tiles=asked.all_tiles)
    except Unreachable as error:
        _say("unreachable", lang, what=error)
        return UNREACHABLE
    except Stop:
        pass
    _tell(report, lang)
    return report.exit_code


def _say(saying: str, lang: str, /, **values: object) -> None:
    print(text_of(SAYINGS[saying], lang) % values, flush=True)


def _tell(report: Report, lang: str) -> None:
    notes = report.note_texts(lang)
    if notes:
        _say("not_looked_at", lang)
        for note in notes:
            print(f"  - {note}")
    for finding in report.ordered():
        print(f"✗ {text_of(KINDS[finding.kind].title, lang)}: {finding.text(lang)}")
    for kind, count in report.counts.items():
        told = sum(finding.kind == kind for finding in report.findings)
        if count > told:
            _say("more", lang, count=count - told, kind=text_of(KINDS[kind].title, lang))
    _say("wrong" if report.counts else "right", lang, code=report.exit_code)


def _check_log(source: Source, keyring: Keyring, report: Report, lang: str, *, all_tiles: bool) -> None:
    started = time.monotonic()
    opened = open_head(source, keyring, report)
    head = opened.head
    _say("checkpoint", lang, origin=head.origin, size=f"{head.size:,}", root=head.root.hex())
    _say("key_" + keyring.came_from, lang, vkey=opened.signed_by)
    for witness, second in opened.witnessed.items():
        _say("witnessed", lang, name=witness.name, at=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second)))
    remembered = _remembered(head, opened, keyring, report)
    now = int(time.time())
    settled = keyring.seen.size if keyring.seen and keyring.seen.at < now - LONG_AGO_SECONDS else 0
    with closing(Walk(source, head, report, all_tiles=all_tiles, settled=settled)) as walk:
        walk.go(remembered)
        if remembered and "forked" in {finding.sentence for finding in report.findings}:
            _keep_evidence(head, opened, keyring, report)
        compared = figures.compare(source, head, walk.books.lines, report)
        vkey = key_to_remember(walk.books.key_changes, opened, report)
        _say_what_was_checked(walk, remembered, lang)
    if compared:
        _say("figures", lang, compared=compared)
    _say("took", lang, seconds=f"{time.monotonic() - started:.1f}")
    report.note("never")
    if not report.counts:
        seen = Seen(vkey, head.size, head.root.hex(), str(opened.note), now)
        keyring.memory.keep(head.origin, seen)


def _say_what_was_checked(walk: Walk, remembered: TreeHead | None, lang: str) -> None:
    books = walk.books
    _say("leaves", lang, entries=f"{books.entries:,}", notices=f"{books.notices:,}")
    _say("tiles", lang, compared=f"{walk.tiles_compared:,}")
    if remembered:
        _say("grown", lang, size=f"{remembered.size:,}")
    else:
        _say("first_time", lang)
    _say("laws", lang, funds=len(books.lines), pots=len(books.pots))
    print()
    for row in figures.table(books.lines.values(), lang):
        print(row)
    print()


def _remembered(head: TreeHead, opened: OpenedCheckpoint, keyring: Keyring, report: Report) -> TreeHead | None:
    """The head seen last time, if there is one; a log that is shorter now has lost its end."""
    seen = keyring.seen
    if seen is None or not seen.size:
        return None
    before = TreeHead(head.origin, seen.size, bytes.fromhex(seen.root))
    if head.size < before.size:
        report.add("shrunk", size=f"{head.size:,}", seen=f"{before.size:,}")
        _keep_evidence(head, opened, keyring, report)
        return None
    return before


def _keep_evidence(head: TreeHead, opened: OpenedCheckpoint, keyring: Keyring, report: Report) -> None:
    if keyring.seen is not None:
        path = keyring.memory.keep_evidence(head.origin, keyring.seen.note, str(opened.note), head.size)
        report.note("evidence", path=path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ledger.auditor",
        description=USAGE,
        epilog=_codes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("target", help="a log's address (https://…), an exported folder, or a receipt (….pdf)")
    parser.add_argument("--vkey", help="the log's key, as you were given it; else the one remembered or published")
    parser.add_argument("--witness", action="append", default=[], metavar="VKEY", help="a witness who must have signed")
    parser.add_argument("--state", type=Path, help=f"what was seen before (default: {_short(default_path())})")
    parser.add_argument("--all-tiles", action="store_true", help="over the network, too, compare every tile of hashes")
    parser.add_argument("--lang", choices=("en", "zh"), help="English or 简体中文 (default: your computer's)")
    return parser


def _short(path: Path) -> str:
    return str(path).replace(str(Path.home()), "~", 1)


def _codes() -> str:
    lines = [
        "exit codes:  0  everything that was checked holds",
        f"            {UNREACHABLE:>2}  could not be read: nothing is known",
    ]
    for kind in sorted(KINDS.values(), key=lambda kind: kind.code):
        lines.append(f"            {kind.code:>2}  {kind.title[0]} / {kind.title[1]}")
    lines.append("Where several things are wrong, the lowest code is given: it is the most fundamental.")
    return "\n".join(lines)
