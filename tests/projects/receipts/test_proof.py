"""The proof inside a receipt: there once the log has signed, checked offline by the outside verifier, or refused."""

import io
import re
import zlib

import pytest
from pypdf import PdfReader

from ledger import checkpoints, log_keys, transparency
from ledger.auditor import words
from ledger.auditor.command import main
from projects.receipts import queries, render, storage
from projects.receipts.proofs import proof_of
from tests.factories.access import BEGIN
from tests.factories.receipts import receipt_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"
    settings.LOG_STATE_DIR = tmp_path / "state"
    settings.LOG_KEY_FILE = str(tmp_path / "key")
    settings.DEBUG = True


@pytest.fixture
def receipt():
    receipt = receipt_for(amount_minor=17_500_00, name="王小明")
    transparency.sequence(at=BEGIN)
    return queries.receipt_of(receipt.gift)


@pytest.fixture
def signed(receipt):
    checkpoints.sign(at=BEGIN)
    return render.pdf_of(receipt, language="en")


@pytest.fixture
def audit(tmp_path, capsys):
    def run(pdf, *more, key=True):
        (tmp_path / "receipt.pdf").write_bytes(pdf)
        vkey = ["--vkey", str(log_keys.signing_keys()[0].verifier)] if key else []
        state = ["--state", str(tmp_path / "seen.json"), "--lang", "en"]
        return main([str(tmp_path / "receipt.pdf"), *state, *vkey, *more]), capsys.readouterr().out

    return run


def test_before_the_log_has_signed_it_says_so(receipt, audit):
    pdf = render.pdf_of(receipt, language="en")
    assert PdfReader(io.BytesIO(pdf)).attachments == {}
    assert "Download the receipt again" in " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    code, said = audit(pdf)
    assert code == words.KINDS["unproven"].code
    assert "download it again" in said


def test_afterwards_it_carries_its_entry_and_its_proof(receipt, signed):
    proof = proof_of(receipt.gift.entry_id)
    attached = {name: found[0] for name, found in PdfReader(io.BytesIO(signed)).attachments.items()}
    assert attached == {proof.leaf_name: proof.leaf, proof.name: proof.text.encode()}
    metadata = PdfReader(io.BytesIO(signed)).trailer["/Root"]["/Metadata"].get_data().decode()
    assert re.search(r"pdfaid:part[^0-9]+3\b", metadata)


def test_it_is_checked_offline(receipt, signed, audit):
    code, said = audit(signed)
    assert code == 0, said
    assert "GIFT of ¥17,500.00, on 2026-03-02" in said
    assert "the proof cannot say who gave" in said
    assert "王小明" not in said


def test_it_is_checked_under_the_remembered_key(receipt, signed, audit):
    code, said = audit(signed, key=False)
    assert code == words.KINDS["key"].code
    assert "publishes no key, none is remembered and none was given" in said


def test_the_same_receipt_is_kept_however_far_the_log_goes(receipt, signed):
    receipt_for(amount_minor=500_00)
    transparency.sequence(at=BEGIN)
    later = BEGIN.replace(hour=BEGIN.hour + 1)
    assert checkpoints.sign(at=later) == 1
    assert render.pdf_of(receipt, language="en") == signed
    assert len(storage._folder().listdir(receipt.ref)[1]) == 1


def test_what_was_kept_without_a_proof_stays_beside_it(receipt):
    render.pdf_of(receipt, language="en")
    checkpoints.sign(at=BEGIN)
    render.pdf_of(receipt, language="en")
    assert len(storage._folder().listdir(receipt.ref)[1]) == 2


def test_a_gift_of_another_amount_is_refused(receipt, signed, audit):
    """The attached entry is exchanged for one that says more."""
    forged = exchange(signed, b'"4101.restricted",1750000,', b'"4101.restricted",9750000,')
    code, said = audit(forged)
    assert code == words.KINDS["proof"].code
    assert "does not lead from this entry" in said


def test_another_key_is_refused(receipt, signed, audit):
    from ledger.core.notes import ED25519, SigningKey

    other = SigningKey(log_keys.signing_keys()[0].name, ED25519, bytes(32))
    assert audit(signed, "--vkey", str(other.verifier))[0] == words.KINDS["signature"].code


@pytest.mark.parametrize("part", ["cut", "text", "attachment", "empty", "twice"])
def test_a_damaged_file_is_named_as_such(receipt, signed, audit, part):
    place = signed.index(b"/EmbeddedFile")
    stream = signed.index(b"stream", place) + 20
    damaged = {
        "cut": signed[: len(signed) // 2],
        "text": b"Dear donor",
        "attachment": signed[:stream] + bytes([signed[stream] ^ 255]) + signed[stream + 1 :],
        "empty": b"",
        "twice": signed + signed,
    }[part]
    code, said = audit(damaged)
    assert code in (words.KINDS["pdf"].code, words.KINDS["proof"].code), said
    assert "This does not hold" in said


def exchange(pdf: bytes, old: bytes, new: bytes) -> bytes:
    """The PDF with other bytes inside the attachment that holds the old ones."""
    for found in re.finditer(rb"/EmbeddedFile.{,400}?/Length (\d+)>>\s*stream\r?\n", pdf, re.DOTALL):
        start, length = found.end(), int(found[1])
        text = zlib.decompress(pdf[start : start + length])
        if old in text:
            packed = zlib.compress(text.replace(old, new))
            head = found[0].replace(b"/Length %d" % length, b"/Length %d" % len(packed))
            return pdf[: found.start()] + head + packed + pdf[start + length :]
    raise LookupError(old)
