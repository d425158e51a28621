"""Signed notes and checkpoints: others' published values, ours both ways, and every loose way of writing refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.notes import (
    COSIGNATURE_V1,
    ED25519,
    Note,
    Signature,
    SigningKey,
    TreeHead,
    VerifierKey,
    check_signatures,
    cosigned_message,
    encode64,
    open_checkpoint,
    parse_decimal,
    sign_checkpoint,
)
from ledger.core.refusals import Refused

# The example that Go's sumdb/note documents, key and all.
GO_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of c2sp.org/tlog-cosignature (its keys are not published).
WITNESSED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501

LOG = SigningKey("ledger.example/log", ED25519, bytes(range(32)))
OTHER = SigningKey("ledger.example/log", ED25519, bytes(range(1, 33)))
WITNESS = SigningKey("bureau.example/witness", COSIGNATURE_V1, b"w" * 32)
HEAD = TreeHead("ledger.example/log", 13, b"r" * 32)


def code_of(attempt) -> str:
    with pytest.raises(Refused) as refused:
        attempt()
    return refused.value.code


# ---- published values ----


def test_go_reads_our_notes_because_we_write_its_bytes():
    key = SigningKey.parse(GO_SECRET)
    assert str(key.verifier) == GO_VKEY
    assert key.secret_text() == GO_SECRET
    assert str(Note(GO_TEXT, (key.sign(GO_TEXT),))) == GO_NOTE


def test_the_note_of_go_opens_with_its_key():
    note = Note.parse(GO_NOTE)
    assert note.text == GO_TEXT
    assert list(check_signatures(note, [VerifierKey.parse(GO_VKEY)])) == [VerifierKey.parse(GO_VKEY)]


def test_the_published_cosignature_is_read_as_it_is_meant():
    note = Note.parse(WITNESSED)
    head = TreeHead.parse(note.text)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    log, witness = note.signatures
    assert (len(log.blob), len(witness.blob)) == (64, 72)
    assert witness.second == 1679315147
    assert str(note) == WITNESSED
    assert cosigned_message(note.text, 1679315147).decode() == (
        "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )


def test_our_own_golden_values():
    """Fixed for ever: who keeps a vkey or a checkpoint must be able to use it with any later release."""
    assert str(LOG.verifier) == "ledger.example/log+11639dd4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    assert str(WITNESS.verifier) == "bureau.example/witness+ad97d5cf+BMhTrQ8M0rYZrqks7sT9VqJNZJnVhM55JX5Fz9gTm2Cn"
    assert str(sign_checkpoint(HEAD, [LOG])) == (
        "ledger.example/log\n13\ncnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\n\n"
        "— ledger.example/log EWOd1DtuoqiJpjnfVoVQ4T6oT58eSqh3y4VAOH74a6TxSKOT/NgQBdxqzTc55HsYVrVhcxjJCgi+zWImfDm5Rel6RQc=\n"  # noqa: E501
    )
    assert WITNESS.cosign(HEAD.text(), second=1_700_000_000).line() == (
        "— bureau.example/witness rZfVzwAAAABlU/EA+y/zPaJrp4zjXWNBfJ6FUJ9SZObW+vDYIHPiDYoZTS+xfjzkCa3e+evvMmm07vTbb3Dqf4chHfqDXUo+5QvQDw==\n"  # noqa: E501
    )


# ---- keys ----


@pytest.mark.parametrize("key", [LOG, WITNESS])
def test_a_key_comes_back_from_its_text(key):
    assert SigningKey.parse(key.secret_text()) == key
    assert SigningKey.parse(key.secret_text() + "\n") == key
    assert VerifierKey.parse(str(key.verifier)) == key.verifier


def test_a_secret_does_not_show_itself():
    assert encode64(LOG.seed) not in repr(LOG) + str(LOG)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "vkey_malformed"),
        ("ledger.example", "vkey_malformed"),
        ("+11639dd4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", "vkey_malformed"),
        ("two words+11639dd4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", "vkey_malformed"),
        ("ledger.example/log+11639DD4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", "vkey_malformed"),
        ("ledger.example/log+6c5fbda+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", "vkey_malformed"),
        ("ledger.example/log+11639dd4+AQOhB7", "vkey_malformed"),
        ("ledger.example/log+11639dd4+", "vkey_kind"),
        ("ledger.example/log+11639dd4+ZQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", "vkey_kind"),
        ("ledger.example/log+00000000+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", "vkey_mismatch"),
        ("ledger.example/lag+11639dd4+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4", "vkey_mismatch"),
    ],
)
def test_a_key_that_is_not_written_as_one_is_refused(text, code):
    assert code_of(lambda: VerifierKey.parse(text)) == code


def test_a_signing_key_is_refused_without_showing_it():
    secret = LOG.secret_text()
    for broken in (secret.removeprefix("PRIVATE+"), secret.replace("11639dd4", "11639dd5"), secret[:-2]):
        with pytest.raises(Refused) as refused:
            SigningKey.parse(broken)
        assert encode64(LOG.seed)[:12] not in str(refused.value)


def test_a_key_signs_in_its_own_way_only():
    with pytest.raises(ValueError, match="cosigns"):
        WITNESS.sign(HEAD.text())
    with pytest.raises(ValueError, match="signs"):
        LOG.cosign(HEAD.text(), second=1)


# ---- notes ----


def test_every_changed_byte_of_a_checkpoint_is_refused():
    raw = str(sign_checkpoint(HEAD, [LOG])).encode()
    for at in range(len(raw)):
        for flip in (0x01, 0x80):
            broken = raw[:at] + bytes([raw[at] ^ flip]) + raw[at + 1 :]
            with pytest.raises(Refused):
                open_checkpoint(broken, [LOG.verifier])


def test_every_shortened_checkpoint_is_refused():
    raw = str(sign_checkpoint(HEAD, [LOG])).encode()
    for end in range(len(raw)):
        with pytest.raises(Refused):
            open_checkpoint(raw[:end], [LOG.verifier])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n- name AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAA=",
        b"text\n\n\xe2\x80\x94 name AAAAAAA=\nmore\n",
        b"text\n\n\xe2\x80\x94 name AAAAAAB=\n",
        b"text\n\n\xe2\x80\x94 name AAAAAA==\n",
        b"text\n\n\xe2\x80\x94 na+me AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94  AAAAAAA=\n",
        "text\n\n— na\u00a0me AAAAAAA=\n".encode(),
        b"te\txt\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAA=\n",
        b"text\n\n" + b"\xe2\x80\x94 name AAAAAAA=\n" * 101,
        b"x" * 70_000 + b"\n\n\xe2\x80\x94 name AAAAAAA=\n",
    ],
)
def test_what_is_no_note_is_refused(raw):
    assert code_of(lambda: Note.parse(raw)) == "note_malformed"


def test_a_text_may_have_blank_lines_of_its_own():
    note = Note("one\n\ntwo\n", (LOG.sign("one\n\ntwo\n"),))
    assert Note.parse(str(note)) == note
    assert check_signatures(Note.parse(str(note)), [LOG.verifier])


def test_unknown_signatures_are_passed_over():
    text = HEAD.text()
    stranger = SigningKey("stranger.example", ED25519, b"s" * 32)
    note = Note(text, (stranger.sign(text), LOG.sign(text)))
    assert list(check_signatures(note, [LOG.verifier])) == [LOG.verifier]
    assert check_signatures(note, [OTHER.verifier]) == {}


def test_a_known_keys_bad_signature_spoils_the_note():
    text = HEAD.text()
    bad = Signature(LOG.name, LOG.verifier.key_id, OTHER.sign(text).blob)
    note = Note(text, (bad, LOG.sign(text)))
    assert code_of(lambda: check_signatures(note, [LOG.verifier])) == "signature_bad"


def test_a_signature_does_not_move_to_another_text_or_name():
    other = TreeHead(HEAD.origin, 14, HEAD.root)
    note = Note(other.text(), (LOG.sign(HEAD.text()),))
    assert code_of(lambda: open_checkpoint(str(note), [LOG.verifier])) == "signature_bad"


# ---- checkpoints ----


def test_a_checkpoint_says_what_was_signed():
    opened = open_checkpoint(str(sign_checkpoint(HEAD, [LOG])), [OTHER.verifier, LOG.verifier])
    assert opened.head == HEAD
    assert opened.signed_by == LOG.verifier
    assert opened.witnessed == {}


def test_two_keys_sign_while_one_takes_over_from_the_other():
    raw = str(sign_checkpoint(HEAD, [OTHER, LOG]))
    for key in (LOG, OTHER):
        assert open_checkpoint(raw, [key.verifier]).signed_by == key.verifier


def test_a_witness_counts_when_its_key_is_known():
    note = sign_checkpoint(HEAD, [LOG])
    raw = str(Note(note.text, (*note.signatures, WITNESS.cosign(note.text, second=1_700_000_000))))
    assert open_checkpoint(raw, [LOG.verifier]).witnessed == {}
    opened = open_checkpoint(raw, [LOG.verifier], witnesses=[WITNESS.verifier])
    assert opened.witnessed == {WITNESS.verifier: 1_700_000_000}


def test_a_cosignature_binds_its_moment():
    text = HEAD.text()
    blob = WITNESS.cosign(text, second=1_700_000_000).blob
    assert WITNESS.verifier.accepts(text, blob)
    for at in range(len(blob)):
        assert not WITNESS.verifier.accepts(text, blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :])
    assert not WITNESS.verifier.accepts(text, blob[:-1])
    assert not WITNESS.verifier.accepts(text, (2**63).to_bytes(8) + blob[8:])


def test_a_witness_is_not_taken_for_the_log():
    note = Note(HEAD.text(), (WITNESS.cosign(HEAD.text(), second=1),))
    assert code_of(lambda: open_checkpoint(str(note), [WITNESS.verifier])) == "checkpoint_unsigned"


def test_a_key_signs_only_for_the_log_it_is_named_after():
    foreign = TreeHead("other.example/log", 13, b"r" * 32)
    note = Note(foreign.text(), (LOG.sign(foreign.text()),))
    assert code_of(lambda: open_checkpoint(str(note), [LOG.verifier])) == "checkpoint_unsigned"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n",
        "origin\n1\n",
        f"origin\n01\n{encode64(b'r' * 32)}\n",
        f"origin\n-1\n{encode64(b'r' * 32)}\n",
        f"origin\n١\n{encode64(b'r' * 32)}\n",
        f"origin\n1 \n{encode64(b'r' * 32)}\n",
        f"origin\n{2**63}\n{encode64(b'r' * 32)}\n",
        f"origin\n1\n{encode64(b'r' * 31)}\n",
        f"origin\n1\n{encode64(b'r' * 32)[:-1]}\n",
        f"\n1\n{encode64(b'r' * 32)}\n",
        f"origin\n1\n{encode64(b'r' * 32)}\n\n",
        f"origin\n1\n{encode64(b'r' * 32)}",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    assert code_of(lambda: TreeHead.parse(text)) == "checkpoint_malformed"


def test_lines_of_its_own_are_kept():
    head = TreeHead("origin", 0, b"r" * 32, ("more", "and more"))
    assert TreeHead.parse(head.text()) == head


@given(st.integers(0, 2**63 - 1))
def test_a_number_is_written_in_one_way(number):
    assert parse_decimal(str(number)) == number
    for other in (f"0{number}", f"+{number}", f"{number} ", f"{number}.", ""):
        with pytest.raises(ValueError, match="plain decimal"):
            parse_decimal(other)


@given(st.integers(0, 2**60), st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_what_is_signed_opens(size, root, seed):
    key = SigningKey("ledger.example/log", ED25519, seed)
    head = TreeHead(key.name, size, root)
    assert open_checkpoint(str(sign_checkpoint(head, [key])), [key.verifier]).head == head
