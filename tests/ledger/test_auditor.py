"""The outside verifier against a log of the real code: it accepts the truth, and names each lie with its own code.

A lie in the content is told well: the leaves after it are hashed again, tiled again and signed with the right key.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from ledger import balances
from ledger.auditor import words
from ledger.auditor.command import main
from ledger.auditor.sentences import SENTENCES
from ledger.core.notes import COSIGNATURE_V1, ED25519, Note, SigningKey
from tests.ledger import public_log
from tests.ledger.public_log import KEY, ORIGIN, changed, find, publish

ROOT = Path(__file__).resolve().parents[2]
OTHER_KEY = SigningKey(ORIGIN, ED25519, bytes(32))
WITNESS = SigningKey("witness.example", COSIGNATURE_V1, bytes(range(1, 33)))
_told: list[bytes] = []
_read: dict[str, balances.FundFigures] = {}


@pytest.fixture
def leaves(db) -> list[bytes]:
    """The leaves of two books; told once, they are the same for every test."""
    if not _told:
        public_log.tell_publicly("charity-b")
        public_log.tell_publicly()
        _told.extend(public_log.leaves_of_books())
        _read.update({fund: balances.fund_figures(book="charity-a", fund=fund) for fund in ("beds", "desks")})
    return list(_told)


@pytest.fixture
def audit(tmp_path, capsys):
    """Runs the verifier on a folder; gives its exit code and what it printed."""

    def run(folder, *more, lang="en"):
        code = main([str(folder), "--state", str(tmp_path / "memory/seen.json"), "--lang", lang, *more])
        return code, capsys.readouterr().out

    return run


def test_it_accepts_the_truth(leaves, audit, tmp_path):
    code, said = audit(publish(tmp_path / "log", leaves), "--vkey", str(KEY.verifier))
    assert code == 0, said
    assert "Everything that was checked holds." in said
    assert "figures: none are published" in said
    assert "1,611.01" in said


def test_it_accepts_every_size_of_the_truth(leaves, audit, tmp_path):
    """A checkpoint may be signed after any entry; each one extends what was seen before."""
    for size in range(1, len(leaves) + 1):
        folder = publish(tmp_path / str(size), leaves[:size])
        code, said = audit(folder)
        assert code == 0, (size, said)


def test_it_says_whose_key_it_trusts_and_remembers_it(leaves, audit, tmp_path):
    folder = publish(tmp_path / "log", leaves[:30])
    assert "taken on first use" in audit(folder)[1]
    publish(folder, leaves)
    said = audit(folder)[1]
    assert "remembered from last time" in said
    assert "compared with the 30 leaves seen last time" in said


def test_it_speaks_chinese(leaves, audit, tmp_path):
    code, said = audit(publish(tmp_path / "log", leaves), lang="zh")
    assert code == 0
    assert "凡检查过的都成立。" in said


def test_a_witness_is_asked_for_by_name(leaves, audit, tmp_path):
    folder = publish(tmp_path / "log", leaves)
    vkey = str(WITNESS.verifier)
    assert audit(folder, "--witness", vkey)[0] == words.KINDS["witness"].code
    note = Note.parse((folder / "checkpoint").read_bytes())
    seen = Note(note.text, (*note.signatures, WITNESS.cosign(note.text, second=1_790_000_000)))
    (folder / "checkpoint").write_text(str(seen))
    code, said = audit(folder, "--witness", vkey)
    assert code == 0
    assert "Witnessed by witness.example at 2026-" in said


# ---- lies in the files ----


def flip(path: Path, at: int = -40) -> None:
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(bytes(raw))


def other_sign(path: Path, at: int) -> None:
    """Another base64 sign in its place."""
    text = path.read_text(encoding="utf-8")
    at %= len(text)
    path.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :], encoding="utf-8")


def partial(folder: Path, level: str) -> Path:
    return next((folder / f"tile/{level}/000.p").iterdir())


FILE_LIES = {
    "a byte of an entry is flipped": ("root", "the 76 leaves give the root", lambda f: flip(partial(f, "entries"))),
    "the bundle is cut short": ("missing", "ends before its last entry", lambda f: cut(partial(f, "entries"))),
    "the bundle is gone": ("missing", "but there is no tile/entries/000.p", lambda f: partial(f, "entries").unlink()),
    "a tile's hash is flipped": ("tile", "differs first for the entries at positions 74 to 74",
                                 lambda f: flip(partial(f, "0"))),
    "a tile is gone": ("missing", "there is no tile/0/000.p", lambda f: partial(f, "0").unlink()),
    "the signature is broken": ("signature", "does not fit the text", lambda f: other_sign(f / "checkpoint", -60)),
    "the checkpoint states another root": ("signature", "does not fit", lambda f: other_sign(f / "checkpoint", 30)),
    "the checkpoint is no note": ("signature", "not a signed note", lambda f: (f / "checkpoint").write_text("x")),
    "no key is published": ("key", "publishes no key", lambda f: (f / "vkey").unlink()),
}  # fmt: skip


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize("lie", FILE_LIES)
def test_a_lie_in_the_files_is_named(leaves, audit, tmp_path, lie):
    kind, sentence, tell = FILE_LIES[lie]
    folder = publish(tmp_path / "log", leaves)
    tell(folder)
    code, said = audit(folder)
    assert (code, sentence in said) == (words.KINDS[kind].code, True), said
    assert "Everything that was checked holds" not in said


def test_every_bit_of_the_bundle_counts(leaves, audit, tmp_path):
    folder = publish(tmp_path / "log", leaves[:6])
    path = partial(folder, "entries")
    raw = path.read_bytes()
    for at in range(0, len(raw), 37):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 4]) + raw[at + 1 :])
        assert audit(folder)[0] != 0, at


def test_another_signature_is_refused(leaves, audit, tmp_path):
    folder = publish(tmp_path / "log", leaves, key=OTHER_KEY)
    code, said = audit(folder, "--vkey", str(KEY.verifier))
    assert code == words.KINDS["signature"].code
    assert "No known key of" in said


def test_another_log_is_refused(leaves, audit, tmp_path):
    other = SigningKey("other.example/log", ED25519, KEY.seed)
    folder = publish(tmp_path / "log", leaves, key=other, origin="other.example/log")
    assert audit(folder, "--vkey", str(KEY.verifier))[0] == words.KINDS["origin"].code


# ---- lies against what was seen before ----


def test_a_cut_tail_is_found_by_who_saw_it(leaves, audit, tmp_path):
    assert audit(publish(tmp_path / "log", leaves))[0] == 0
    code, said = audit(publish(tmp_path / "cut", leaves[:-3]))
    assert code == words.KINDS["shrunk"].code
    assert f"it has {len(leaves) - 3} leaves; this computer has seen {len(leaves)}" in said
    assert (tmp_path / "memory" / f"evidence-ledger.example-log-{len(leaves) - 3}.txt").read_text().count("— ") == 2


@pytest.mark.parametrize("seen", [1, 40, 75, 76])
def test_a_fork_with_the_right_key_is_found_by_who_saw_it(leaves, audit, tmp_path, seen):
    """The first leaf is another one, everything after it was hashed and signed again with the right key."""
    assert audit(publish(tmp_path / "log", leaves[:seen]))[0] == 0
    forked = [changed(leaves[0], lambda leaf: leaf.update(seal="0" * 64)), *leaves[1:]]
    code, said = audit(publish(tmp_path / "forked", forked))
    assert code == words.KINDS["forked"].code
    assert f"its first {seen} leaves give the root" in said
    assert "kept as evidence" in said
    # What was seen stays what was seen.
    assert audit(publish(tmp_path / "log", leaves))[0] == 0


def test_a_damaged_copy_is_no_accusation_of_the_signer(leaves, audit, tmp_path):
    folder = publish(tmp_path / "log", leaves)
    assert audit(folder)[0] == 0
    flip(partial(folder, "entries"))
    code, said = audit(folder)
    assert code == words.KINDS["root"].code
    assert "The log was rewritten" not in said


def test_a_stranger_cannot_see_a_fork(leaves, audit, tmp_path):
    """Said in the README and on the page: without a memory or a witness a well-made fork looks right."""
    forked = [changed(leaves[0], lambda leaf: leaf.update(seal="0" * 64)), *leaves[1:]]
    assert audit(publish(tmp_path / "forked", forked))[0] == 0


def test_two_entries_that_changed_places(leaves, audit, tmp_path):
    """The order is signed: who swaps two gifts needs the key, and then it is a fork, or a match that is wrong."""
    first = find(leaves, kind="GIFT")
    folder = publish(tmp_path / "log", leaves)
    swapped = publish(tmp_path / "swapped", [*leaves[:first], leaves[first + 1], leaves[first], *leaves[first + 2 :]])
    shutil.copytree(swapped / "tile", folder / "tile", dirs_exist_ok=True)
    assert audit(folder)[0] == words.KINDS["root"].code


# ---- lies in the content ----


def put(name, value):
    return lambda leaf: leaf.update({name: value})


def in_line(place, value, line=0):
    return lambda leaf: leaf["lines"][line].__setitem__(place, value)


def in_facts(**facts):
    return lambda leaf: leaf["facts"].update(facts)


def in_stretch(name, *stretch, number=0):
    return lambda leaf: leaf[name].__setitem__(number, list(stretch))


def without(name):
    return lambda leaf: leaf.pop(name)


def both(*changes):
    return lambda leaf: [change(leaf) for change in changes]


# Lie → which leaf, what becomes of it, the kind, words of the sentence.
CONTENT_LIES = {
    "a negative amount": ("GIFT", in_line(3, -5), "posting", "the amount -5"),
    "an amount of nothing": ("GIFT", in_line(3, 0), "posting", "the amount 0"),
    "one account on both sides": ("PAYOUT", in_line(2, "2209.aid"), "posting", "debit and credit are both"),
    "an account that is not in the chart": ("GIFT", in_line(1, "9999"), "posting", "no account 9999"),
    "another currency": ("GIFT", in_line(4, "USD"), "fund", "USD is posted to the fund"),
    "a fund nobody opened": ("PAYOUT", in_line(0, "secret"), "fund", "was not opened before"),
    "a gift that is smaller": ("GIFT", in_line(3, 29_000), "line", "is not inside what the entry taken back brought"),
    "a spending beyond the line": ("AWARD", both(in_line(3, 10**9), in_stretch("uses", "desks", "SPEND", 0, 10**9)),
                                   "line", "but the fund holds up to"),
    "a spending that leaves the line alone": ("AWARD", without("uses"), "line", "takes 0 of its line"),
    "a spending that takes less": ("AWARD", in_stretch("uses", "desks", "SPEND", 0, 5), "line", "takes 5 of its line"),
    "a spending that jumps ahead": (
        "AWARD", in_stretch("uses", "desks", "SPEND", 40_000, 60_000), "waiting", "is taken before 0 is reached",
    ),
    "a skip over what is no hole": (
        "AWARD", put("uses", [["desks", "SKIP", 0, 9], ["desks", "SPEND", 9, 20_009]]), "line", "but all before 20009",
    ),
    "a spending over a hole": (
        "TRANSFER", put("uses", [["desks", "SPEND", 80_000, 89_000]]), "waiting", "is taken before",
    ),
    "a reversal that is no mirror": ("AWARD_CANCELLED", in_line(3, 11_999), "reversal", "does not mirror"),
    "a reversal of nothing": ("AWARD_CANCELLED", without("reverses"), "reversal", "names no entry"),
    "a reversal of what comes later": ("AWARD_CANCELLED", put("reverses", 76), "reversal", "is no earlier entry"),
    "a reversal of a notice": ("AWARD_CANCELLED", put("reverses", 0), "reversal", "is no earlier entry"),
    "a refund with other parts": ("REFUND", in_facts(unspent=1), "takeback", "its postings are not the parts"),
    "a refund of another gift": ("REFUND", in_facts(origin=0), "takeback", "nothing earlier that could be taken back"),
    "a refund without its origin": ("REFUND", lambda leaf: leaf["facts"].pop("origin"), "takeback", "does not state"),
    "a refund that hides its hole": ("REFUND", without("holes"), "line", "takes 0 of its line"),
    "a refund that hides its cover": ("REFUND", without("covers"), "takeback", "not as long as the parts"),
    "a hole in another gift": ("REFUND", in_stretch("holes", "desks", 70_000, 80_000), "line", "is not inside"),
    "a cover of what is unspent": (
        "REFUND", in_stretch("covers", "desks", 20_000, 28_000), "line", "which is not all spent",
    ),
    "a payout that makes a hole": (
        "PAYOUT", put("holes", [["desks", 60_000, 60_001]]), "line", "no refund or reversal",
    ),
    "a kind nobody knows": ("GIFT", put("kind", "PRESENT"), "document", "there is no kind PRESENT"),
    "a document of another kind": (
        "GIFT", put("doc", ["award", "a" * 8]), "document", "with a document of the kind award",
    ),
    "a fact that is nobody's business": ("GIFT", in_facts(name="王小明"), "document", "may not publish: name"),
    "a person's name as reference": ("GIFT", put("doc", ["gift", "王小明王小明王小明"]), "leaf", "'doc'"),
    "a part more": ("GIFT", put("note", "thanks"), "leaf", "'note'"),
    "no seal": ("GIFT", without("seal"), "leaf", "'seal'"),
    "a day that does not exist": ("GIFT", put("on", "2026-02-30"), "leaf", "'on'"),
    "another version": ("GIFT", put("v", 2), "leaf", "'v'"),
    "a match that is too large": ("MATCH", in_line(3, 10_001), "match", "owes it 10000 by version 1"),
    "a match by another rule": ("MATCH", in_facts(rule=2), "match", "10000 by version 2"),
    "a match of another gift": ("MATCH", in_facts(gift_index=0), "match", "owes it 0"),
    "a match from an unknown pot": ("MATCH", in_facts(pool="secret"), "match", "no rule of the pot secret"),
    "a match into another fund": ("MATCH", in_line(0, "desks"), "match", "not in the pot"),
    "a release that frees too little": ("MATCH_RELEASE", both(in_facts(unspent=4_000), in_line(3, 4_000)), "match",
                                        "4999 is right"),
}  # fmt: skip


@pytest.mark.parametrize("lie", CONTENT_LIES)
def test_a_lie_in_the_content_is_named(leaves, audit, tmp_path, lie):
    kind_of_leaf, change, kind, sentence = CONTENT_LIES[lie]
    place = find(leaves, kind=kind_of_leaf, book="charity-a")
    leaves[place] = changed(leaves[place], change)
    code, said = audit(publish(tmp_path / "log", leaves))
    title = words.KINDS[kind].title[0]
    assert any(line.startswith(f"✗ {title}: ") and sentence in line for line in said.splitlines()), said
    assert code != 0
    assert code <= words.KINDS[kind].code


def test_a_key_used_twice(leaves, audit, tmp_path):
    first, second = find(leaves, kind="GIFT", book="charity-a"), find(leaves, kind="PAYOUT", book="charity-a")
    key = json.loads(leaves[first])["key"]
    leaves[second] = changed(leaves[second], put("key", key))
    code, said = audit(publish(tmp_path / "log", leaves))
    assert code == words.KINDS["doubled"].code
    assert f"position {second}: it has the key of the entry at position {first}, in the same book charity-a" in said


def test_a_key_may_stand_once_in_each_book(leaves, audit, tmp_path):
    first, second = find(leaves, kind="GIFT", book="charity-b"), find(leaves, kind="PAYOUT", book="charity-a")
    leaves[second] = changed(leaves[second], put("key", json.loads(leaves[first])["key"]))
    assert audit(publish(tmp_path / "log", leaves))[0] == 0


def test_one_spending_over_another(leaves, audit, tmp_path):
    """The award after the refund takes what the first award took already."""
    places = [at for at, leaf in enumerate(leaves) if b'"kind":"AWARD"' in leaf and b"charity-a" in leaf]
    second = places[1]
    leaves[second] = changed(leaves[second], in_stretch("uses", "desks", "SPEND", 0, 12_000))
    code, said = audit(publish(tmp_path / "log", leaves))
    assert code == words.KINDS["line"].code
    assert "it takes [0, 12000), but all before 20000 is spent already" in said


def test_a_reversal_told_twice(leaves, audit, tmp_path):
    place = find(leaves, kind="AWARD_CANCELLED", book="charity-a")
    again = changed(leaves[place], put("key", "e" * 64))
    code, said = audit(publish(tmp_path / "log", [*leaves, again]))
    assert code == words.KINDS["reversal"].code
    assert "was reversed before" in said


def test_a_match_told_twice(leaves, audit, tmp_path):
    again = changed(leaves[find(leaves, kind="MATCH", book="charity-a")], put("key", "e" * 64))
    code, said = audit(publish(tmp_path / "log", [*leaves, again]))
    assert code == words.KINDS["match"].code
    assert "has matched the gift at position" in said


def test_a_match_that_was_left_out(leaves, audit, tmp_path):
    """Gifts are answered in order: a later gift with its match gives it away."""
    place = find(leaves, kind="MATCH", book="charity-a")
    code, said = audit(publish(tmp_path / "log", [*leaves[:place], *leaves[place + 1 :]]))
    assert code != 0
    assert "waits for 10000 (minor units) from the pot pot-charity-a" in said


def test_matches_still_to_come_are_counted_and_are_no_lie(leaves, audit, tmp_path):
    place = find(leaves, kind="MATCH", book="charity-a")
    code, said = audit(publish(tmp_path / "log", leaves[:place]))
    assert code == 0
    assert "matches: 3 gifts at the end of the log wait for their match" in said


def test_what_waited_long_ago_is_a_lie(leaves, audit, tmp_path, monkeypatch):
    place = find(leaves, kind="MATCH", book="charity-a")
    assert audit(publish(tmp_path / "log", leaves[:place]))[0] == 0
    monkeypatch.setattr("ledger.auditor.command.LONG_AGO_SECONDS", -1)
    code, said = audit(publish(tmp_path / "later", leaves[:place]))
    assert code == words.KINDS["match"].code
    assert "never got the 10000 (minor units)" in said


def test_an_entry_in_a_closed_period(leaves, audit, tmp_path):
    place = find(leaves, kind="MATCH", book="charity-a")
    leaves[place] = changed(leaves[place], put("on", "2026-08-31"))
    code, said = audit(publish(tmp_path / "log", leaves))
    assert code == words.KINDS["period"].code
    assert "2026-08-01 to 2026-08-31 were closed in the book charity-a before it" in said


NOTICE_LIES = {
    "no chart": ("CHART_VERSION", None, "notice", "has not announced its chart"),
    "no opening": ("FUND_OPENED", None, "fund", "the fund charity-a/general was not opened before"),
    "a fund in another currency": ("FUND_OPENED", in_facts(currency="USD"), "fund", "which is in USD"),
    "a period that ends before it starts": ("PERIOD_CLOSED", in_facts(ends="2026-07-01"), "notice", "contradicts"),
    "a notice that says too much": ("PERIOD_CLOSED", in_facts(name="x"), "notice", "is no known notice"),
    "a notice nobody knows": ("DISCLOSURE", put("notice", "RUMOUR"), "notice", "RUMOUR is no known notice"),
    "no rule": ("MATCH_RULE_PUBLISHED", None, "match", "no rule of the pot pot-charity-a was published"),
    "a lower cap": ("MATCH_RULE_PUBLISHED", in_facts(cap_per_gift=39_999), "match", "owes it 39999"),
    "a smaller pledge": ("MATCH_RULE_PUBLISHED", in_facts(pledged=50_000), "match", "owes it 0"),
    "another share": ("MATCH_RULE_PUBLISHED", in_facts(ratio_bps=4_000), "match", "owes it 8000"),
    "other days": ("MATCH_RULE_PUBLISHED", in_facts(opens="2026-10-02"), "match", "owes it 0"),
}  # fmt: skip


@pytest.mark.parametrize("lie", NOTICE_LIES)
def test_a_lie_in_a_notice_is_named(leaves, audit, tmp_path, lie):
    notice, change, kind, sentence = NOTICE_LIES[lie]
    place = find(leaves, notice=notice, book="charity-a")
    if change is None:
        # Gone, as if it had never been written: another notice stands in its place, so that positions stay.
        facts = {"subject": "nothing", "digest": "ab" * 32}
        leaves[place] = changed(leaves[place], both(put("notice", "DISCLOSURE"), put("facts", facts)))
    else:
        leaves[place] = changed(leaves[place], change)
    code, said = audit(publish(tmp_path / "log", leaves))
    title = words.KINDS[kind].title[0]
    assert any(line.startswith(f"✗ {title}: ") and sentence in line for line in said.splitlines()), said
    assert 0 < code <= words.KINDS[kind].code


def test_leaves_that_are_not_canonical(leaves, audit, tmp_path):
    place = find(leaves, kind="GIFT")
    for bad in (
        leaves[place].replace(b",", b", ", 1),
        b"",
        b"[]",
        b"[" * 60_000,
        b'{"a":NaN}',
        b"\xff",
        b'{"a":1,"a":1}',
    ):
        folder = publish(tmp_path / "log", [*leaves[:place], bad, *leaves[place + 1 :]])
        code, said = audit(folder)
        assert code == words.KINDS["leaf"].code, bad[:20]
        assert f"entry at position {place}: its bytes are not canonical JSON" in said


def test_every_code_is_in_the_readme():
    text = (ROOT / "ledger/README.md").read_text(encoding="utf-8")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert listed == {0, words.UNREACHABLE, *(kind.code for kind in words.KINDS.values())}


def test_every_sentence_is_in_both_languages_with_the_same_places():
    texts = {**words.NOTES, **words.SAYINGS, **{name: text[1:] for name, text in SENTENCES.items()}}
    places = re.compile(r"%\((\w+)\)s")
    for name, (english, chinese) in texts.items():
        assert set(places.findall(english)) == set(places.findall(chinese)), name
        assert "%" not in places.sub("", english + chinese), name


# ---- the published figures ----


@pytest.fixture
def published(leaves, tmp_path):
    """A log with the figures beside it, and what they say."""
    names = ("given", "matched", "other_in", "refunded", "covered", "spent", "left", "gifts", "matches")
    rows = []
    for fund, read in _read.items():
        theirs = [getattr(read, f"{name}_minor", None) for name in names[:7]] + [read.gift_count, read.match_count]
        row = {"project": f"p-{fund}", "book": "charity-a", "fund": fund, "currency": read.currency}
        rows.append(row | dict(zip(names, theirs, strict=True)))
    return publish(tmp_path / "log", leaves), rows


def test_published_figures_are_compared(published, leaves, audit):
    folder, rows = published
    (folder / "figures.json").write_bytes(public_log.figures(leaves, rows))
    code, said = audit(folder)
    assert code == 0, said
    assert "published figures of 2 projects compared" in said


@pytest.mark.parametrize("name", ["given", "matched", "other_in", "refunded", "covered", "spent", "left", "matches"])
def test_one_cent_is_enough(published, leaves, audit, name):
    folder, rows = published
    right = rows[0][name]
    rows[0][name] += 1
    (folder / "figures.json").write_bytes(public_log.figures(leaves, rows))
    code, said = audit(folder)
    assert code == words.KINDS["figures"].code
    assert f"fund beds, {name}: published {right + 1}, the log says {right} (minor units)" in said


def test_figures_of_a_fund_that_is_not_there(published, leaves, audit):
    folder, rows = published
    rows[1]["fund"] = "secret"
    (folder / "figures.json").write_bytes(public_log.figures(leaves, rows))
    code, said = audit(folder)
    assert code == words.KINDS["figures"].code
    assert "names the fund charity-a/secret" in said


def test_figures_of_another_root(published, leaves, audit):
    folder, rows = published
    other = json.loads(public_log.figures(leaves, rows))
    (folder / "figures.json").write_text(json.dumps(other | {"root": "00" * 32}))
    assert audit(folder)[0] == words.KINDS["figures"].code


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"position": 76, "root": "", "projects": [1]}'])
def test_figures_that_cannot_be_read(published, audit, text):
    (published[0] / "figures.json").write_text(text)
    assert audit(published[0])[0] == words.KINDS["figures"].code


def test_figures_of_another_position_are_said_not_to_be_compared(published, leaves, audit):
    folder, rows = published
    other = json.loads(public_log.figures(leaves, rows))
    (folder / "figures.json").write_text(json.dumps(other | {"position": 3}))
    code, said = audit(folder)
    assert code == 0
    assert "figures: those published are of position 3" in said
