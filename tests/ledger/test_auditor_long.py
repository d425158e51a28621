"""The outside verifier on logs of more than one bundle: tiles, second looks, the short way, and the network."""

import functools
import http.server
import itertools
import json
import threading

import pytest

from ledger.auditor import walk as walking
from ledger.auditor import words
from ledger.auditor.books import Books
from ledger.auditor.command import main
from ledger.auditor.keys import KeyHeaps
from ledger.auditor.quick import PATTERN, Quick
from ledger.auditor.report import Report
from ledger.auditor.spools import BLOCK, Pairs, Spool
from ledger.auditor.tree import WIDTH, Tree
from ledger.core.canonical import canonical_bytes
from ledger.core.merkle import leaf_hash, tree_root
from tests.ledger.public_log import publish

HEX = itertools.count(1)


def notice(kind, **facts):
    return canonical_bytes(
        {"book": "book", "facts": facts, "notice": kind, "on": "2026-01-01", "seal": f"{next(HEX):064x}", "v": 1}
    )


def entry(kind, document, fund, debit, credit, amount, **more):
    number = next(HEX)
    value = {
        "book": "book", "commitment": f"{number:064x}", "doc": [document, f"{number:032x}"],
        "key": f"{number:064x}"[::-1], "kind": kind, "lines": [[fund, debit, credit, amount, "CNY"]],
        "on": "2026-03-04", "seal": f"{number:064x}", "v": 1,
    }  # fmt: skip
    return canonical_bytes(value | more)


def gift(amount, **more):
    return entry("GIFT", "gift", "fund", "1009.stripe", "4101.restricted", amount, facts={"channel": "stripe"}, **more)


def opening():
    return [
        notice("CHART_VERSION", version="CN-2026", source="x"),
        notice("FUND_OPENED", fund="general", restriction="NONE", currency="CNY"),
        notice("FUND_OPENED", fund="fund", restriction="PURPOSE", currency="CNY", project="project"),
    ]


def long_log(gifts=1_500):
    """Gifts, an award for every hundred, and a refund whose gift lies bundles before it."""
    leaves, spent = opening(), 0
    for number in range(gifts):
        leaves.append(gift(100 + number % 7))
        if number % 100 == 99:
            uses = [["fund", "SPEND", spent, spent + 500]]
            leaves.append(entry("AWARD", "award", "fund", "5101", "2209.aid", 500, uses=uses))
            leaves.append(entry("PAYOUT", "payout", "fund", "2209.aid", "1002", 500))
            spent += 500
    start = sum(100 + number % 7 for number in range(100))
    facts = {"origin": 3 + 102, "unspent": 100 + 100 % 7, "covered": 0, "deficit": 0}
    hole = [["fund", start, start + facts["unspent"]]]
    if spent <= start:
        leaves.append(
            entry(
                "REFUND", "refund", "fund", "4101.restricted", "1009.stripe", facts["unspent"], facts=facts, holes=hole
            )
        )
    return leaves


@pytest.fixture
def audit(tmp_path, capsys):
    def run(target, *more):
        code = main([str(target), "--state", str(tmp_path / "memory/seen.json"), "--lang", "en", *more])
        return code, capsys.readouterr().out

    return run


def test_a_log_of_many_bundles_holds(audit, tmp_path):
    leaves = long_log()
    code, said = audit(publish(tmp_path / "log", leaves))
    assert code == 0, said
    assert "book/fund" in said


def test_a_flipped_byte_is_found_in_its_bundle(audit, tmp_path):
    folder = publish(tmp_path / "log", long_log())
    path = folder / "tile/entries/002"
    raw = bytearray(path.read_bytes())
    raw[5_000] ^= 1
    path.write_bytes(bytes(raw))
    code, said = audit(folder)
    assert code == words.KINDS["root"].code
    assert "tile/0/002 differs first for the entries at positions 5" in said


@pytest.mark.parametrize("path", ["tile/0/001", "tile/1/000.p/6", "tile/entries/003"])
def test_every_tile_and_bundle_is_needed(audit, tmp_path, path):
    leaves = long_log()
    folder = publish(tmp_path / "log", leaves)
    if path.startswith("tile/1"):
        path = f"tile/1/000.p/{len(leaves) // WIDTH}"
    raw = (folder / path).read_bytes()
    (folder / path).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert audit(folder)[0] != 0
    (folder / path).unlink()
    assert audit(folder)[0] == words.KINDS["missing"].code


def test_a_bundle_that_is_another_one_at_a_second_look(audit, tmp_path, monkeypatch):
    """A server may answer twice differently: what is read again must be what was hashed."""
    folder = publish(tmp_path / "log", long_log())
    honest, seen = walking.read_tile, []

    def two_faced(source, tile, unit):
        raw = honest(source, tile, unit)
        if tile.path == "tile/entries/000":
            seen.append(tile)
            return raw if len(seen) == 1 else raw.replace(b'"GIFT"', b'"GIFR"')
        return raw

    monkeypatch.setattr(walking, "read_tile", two_faced)
    monkeypatch.setattr(walking, "MOST_BUNDLES_KEPT", 1)
    code, said = audit(folder)
    assert len(seen) == 2
    assert code == words.KINDS["root"].code
    assert "was another one when it was read a second time" in said


# ---- the tree and the columns ----


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000])
def test_the_tree_grown_by_bundles_is_the_tree(size):
    hashes = [number.to_bytes(32) for number in range(size)]
    seen = {}
    tree = Tree(lambda level, number, row: seen.update({(level, number): len(row)}))
    for start in range(0, size, WIDTH):
        assert tree.root_before(hashes[start : start + WIDTH], 1) == tree_root(hashes[: start + 1])
        tree.add(hashes[start : start + WIDTH])
    tree.finish()
    assert tree.root() == tree_root(hashes)
    assert sum(width for (level, _number), width in seen.items() if level == 0) == size
    assert sum(width for (level, _number), width in seen.items() if level == 1) == size // WIDTH
    assert all(tree.holds(start // WIDTH, hashes[start : start + WIDTH]) for start in range(0, size, WIDTH))
    assert not any(tree.holds(start // WIDTH, hashes[1:2] * WIDTH) for start in range(0, size - WIDTH, WIDTH))


def test_a_column_finds_what_was_put_in():
    spool = Spool()
    pairs, other = Pairs(spool), Pairs(spool)
    for number in range(5 * BLOCK + 3):
        pairs.append(number * 3, number)
        other.append(number, -number)
    for number in (0, 1, BLOCK - 1, BLOCK, 3 * BLOCK + 7, 5 * BLOCK + 2):
        assert pairs.at(number) == (number * 3, number)
        assert pairs.find(number * 3) == number
        assert pairs.value(number * 3 + 1) is None
        assert other.value(number) == -number
    assert len(pairs) == 5 * BLOCK + 3
    assert pairs.find(-1) is None
    assert Pairs(spool).find(0) is None
    spool.close()


def test_keys_are_found_twice_also_when_they_lie_outside_memory(monkeypatch):
    monkeypatch.setattr("ledger.auditor.keys.MOST_IN_MEMORY", 100)
    heaps = KeyHeaps()
    for number in range(1_000):
        heaps.add(number * 0x9E3779B97F4A7C15 & 2**64 - 1)
        heaps.settle()
    assert heaps.suspicious() == set()
    heaps.add(7 * 0x9E3779B97F4A7C15 & 2**64 - 1)
    assert heaps.suspicious() == {7 * 0x9E3779B97F4A7C15 & 2**64 - 1}
    heaps.close()


# ---- the short way ----


def judged(leaf, *, quickly):
    """Whether a gift's leaf is found fault with, after a like one was judged, or on its own."""
    report = Report()
    books = Books(report, lambda place: None)
    taker = Quick(books)
    taker.take(0, [*opening(), gift(5, on="2026-03-04")] if quickly else opening())
    at = 4 if quickly else 3
    if quickly:
        taker.take(at, [leaf])
    else:
        books.leaf(at, leaf)
    keys = sorted(number for heap in books.keys.heaps for number in heap)
    line = books.lines["book", "fund"]
    said = report.counts, line.end - (5 if quickly else 0), line.source("DONATION")[1] - quickly, len(keys) - quickly
    was_quick = taker.quick
    books.spool.close()
    return said, was_quick


def test_the_short_way_judges_as_the_long_way():
    """Every byte of a gift's leaf is changed in several ways: the short way lets pass what the long way does."""
    leaf = gift(12_345)
    passed = 0
    for at in range(len(leaf)):
        for other in b'0a9 "{}Z\\':
            changed = leaf[:at] + bytes([other]) + leaf[at + 1 :]
            short, was_quick = judged(changed, quickly=True)
            assert short == judged(changed, quickly=False)[0], changed
            passed += was_quick
    assert passed > len(leaf)


def test_what_fits_the_pattern_and_was_judged_is_canonical():
    for leaf in long_log(200):
        if PATTERN.fullmatch(leaf):
            assert canonical_bytes(json.loads(leaf)) == leaf


# ---- over the network ----


@pytest.fixture
def address(tmp_path):
    """A plain web server over an exported folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_read_as_a_folder_is(address, audit, tmp_path):
    leaves = long_log()
    publish(tmp_path / "log", leaves)
    for target in (address, f"{address}/log/"):
        code, said = audit(target)
        assert code == 0, said
        assert "of the lowest level were passed by" in said
    code, said = audit(address, "--all-tiles")
    assert "passed by" not in said
    root = json.loads((tmp_path / "memory/seen.json").read_text())["ledger.example/log"]["root"]
    assert root == tree_root([leaf_hash(leaf) for leaf in leaves]).hex()


def test_a_server_that_does_not_answer_proves_nothing(address, audit):
    code, said = audit(address + "/elsewhere")
    assert code == words.UNREACHABLE
    assert "nothing is known" in said
    assert audit("http://127.0.0.1:9/")[0] == words.UNREACHABLE
