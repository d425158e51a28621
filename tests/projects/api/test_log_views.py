"""The public log over HTTP: the specification's bytes at the specification's paths, and nothing anywhere else."""

import gzip
from datetime import timedelta

import pytest
from django.utils import timezone

from ledger import log_keys, posting
from ledger.core.log_proofs import LogProof, check_proof
from ledger.core.merkle import leaf_hash, stretch_root
from ledger.core.notes import COSIGNATURE_V1, Note, SigningKey, VerifierKey, open_checkpoint
from ledger.core.tiles import Tile, decode_bundle, nodes_from, partials_of, tiles_of
from tests.ledger.helpers import BY, DAY
from tests.projects.api.growing import Log

pytestmark = pytest.mark.django_db

WITNESS = SigningKey("bureau.example/witness", COSIGNATURE_V1, b"w" * 32)


@pytest.fixture
def log():
    return Log()


def vkey(client) -> VerifierKey:
    return VerifierKey.parse(client.get("/log/vkey").content.decode().strip())


# ---- what is served ----


def test_a_stranger_rebuilds_the_root_from_what_is_served(log, client):
    log.grow_to(300)
    head = open_checkpoint(client.get("/log/checkpoint").content, [vkey(client)]).head
    assert head.size == 300
    leaves = []
    for number, width in ((0, 256), (1, 44)):
        answer = client.get(f"/log/{Tile(-1, number, width).path}")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        leaves += decode_bundle(answer.content, width)
    tiles = {tile: client.get(f"/log/{tile.path}") for tile in tiles_of(300, entries=False)}
    assert {answer.status_code for answer in tiles.values()} == {200}
    assert tiles[Tile(0, 0)].content == b"".join(map(leaf_hash, leaves[:256]))
    nodes = nodes_from(lambda tile: tiles[tile].content, 300)
    assert stretch_root(nodes, 0, 300) == head.root


def test_every_position_has_a_proof_that_opens_offline(log, client):
    log.grow_to(20)
    leaves = decode_bundle(client.get("/log/tile/entries/000.p/20").content, 20)
    for position, leaf in enumerate(leaves):
        proof = LogProof.parse(client.get(f"/log/proof/{position}.tlog-proof").content)
        assert proof.index == position
        assert check_proof(proof, leaf, [vkey(client)]).head.size == 20


def test_before_the_first_checkpoint_there_is_nothing(client):
    for path in ("checkpoint", "tile/0/000.p/1", "proof/0.tlog-proof"):
        assert client.get(f"/log/{path}").status_code == 404
    assert client.get("/log/vkey").status_code == 200


def test_a_partial_tile_of_a_signed_size_stays_until_the_full_one_is_there(log, client):
    for size in (10, 20):
        log.grow_to(size)
    for path in ("tile/0/000.p/10", "tile/0/000.p/20", "tile/entries/000.p/10", "tile/entries/000.p/20"):
        assert client.get(f"/log/{path}").status_code == 200
    for path in ("tile/0/000.p/11", "tile/0/000.p/21", "tile/0/000", "tile/entries/000.p/9", "tile/1/000.p/1"):
        assert client.get(f"/log/{path}").status_code == 404
    log.grow_to(256)
    for path in ("tile/0/000", "tile/entries/000", "tile/1/000.p/1"):
        assert client.get(f"/log/{path}").status_code == 200
    for path in ("tile/0/000.p/10", "tile/entries/000.p/20", "tile/0/001.p/1"):
        assert client.get(f"/log/{path}").status_code == 404
    log.grow_to(300)
    for tile in partials_of(300):
        assert client.get(f"/log/{tile.path}").status_code == 200


def test_what_was_numbered_and_not_signed_yet_is_not_served(log, client):
    log.grow_to(10)
    log.desk.gift(5)
    log.desk.sequence()
    assert client.get("/log/tile/0/000.p/11").status_code == 404
    assert client.get("/log/proof/10.tlog-proof").status_code == 404


# ---- what is not ----


@pytest.mark.parametrize(
    "path",
    """
    tile tile/ tile/0 tile/0/0 tile/0/000 tile/0/000.p/0 tile/0/000.p/256 tile/0/000.p/010 tile/00/000.p/10 tile/64/000
    tile/0/x000/000.p/10 tile/0/000.p/10/ tile/data/000 tile/entries/000.p/1000 tile/-1/000 tile/8/0/000 tile/0/../0/000
    tile/0/x999/x999/x999/x999/x999/999 tile/entries/x999/x999/x999/x999/x999/999 tile/63/000
    proof/00.tlog-proof proof/-1.tlog-proof proof/x.tlog-proof proof/10.tlog-proof proof/99999999999999999999.tlog-proof
    proof/0 proof checkpoint/ vkey/ nonsense tile/0/%00 tile/0/000.p/10%20 proof/%D9%A1.tlog-proof
    """.split(),
)
def test_every_other_path_is_not_there(log, client, path):
    log.grow_to(10)
    answer = client.get(f"/log/{path}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_path_with_a_line_break_is_no_path(log, client):
    log.grow_to(10)
    assert client.get("/log/tile/0/000.p/10%0A").status_code == 404


@pytest.mark.parametrize("path", ["checkpoint", "vkey", "vkeys", "tile/0/000.p/10", "proof/0.tlog-proof"])
def test_it_is_read_only(log, client, path):
    log.grow_to(10)
    for method in (client.post, client.put, client.delete, client.patch):
        assert method(f"/log/{path}").status_code == 405
    assert client.head(f"/log/{path}").status_code == 200
    assert client.head(f"/log/{path}").content == b""


# ---- how it is served ----


def test_tiles_are_kept_for_ever_and_the_checkpoint_for_seconds(log, client):
    log.grow_to(10)
    for path in ("tile/0/000.p/10", "tile/entries/000.p/10"):
        assert "immutable" in client.get(f"/log/{path}").headers["Cache-Control"]
    assert client.get("/log/checkpoint").headers["Cache-Control"] == "public, max-age=3"
    assert client.get("/log/checkpoint").headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["checkpoint", "vkey", "tile/0/000.p/10", "tile/entries/000.p/10", "nonsense"])
def test_every_page_of_every_site_may_read_it_and_nobody_gets_a_cookie(log, client, path):
    log.grow_to(10)
    answer = client.get(f"/log/{path}", headers={"Origin": "https://elsewhere.example", "Accept-Language": "en"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Language" not in answer.headers.get("Vary", "")


def test_bundles_are_packed_for_those_who_unpack(log, client):
    log.grow_to(100)
    plain = client.get("/log/tile/entries/000.p/100")
    packed = client.get("/log/tile/entries/000.p/100", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2


def test_old_keys_stay_listed(log, client, settings, tmp_path):
    log.grow_to(10)
    (old,) = log_keys.signing_keys()
    new = log_keys.new_key(tmp_path / "new", old.name, 1)
    facts = {"old": str(old.verifier), "new": str(new.verifier)}
    posting.notice(
        "KEY_CHANGE", book=log.desk.book, effective_on=DAY, facts=facts, by=BY, at=log.desk.tick(), key="key-change"
    )
    log.desk.sequence()
    settings.LOG_KEY_FILE = str(tmp_path / "new")
    assert client.get("/log/vkey").content.decode() == f"{new.verifier}\n"
    assert client.get("/log/vkeys").content.decode() == f"{new.verifier}\n{old.verifier}\n"


# ---- witnesses ----


@pytest.fixture
def known(settings):
    settings.LOG_WITNESSES = str(WITNESS.verifier)


def cosigned(client, *, second: int | None = None, key: SigningKey = WITNESS) -> str:
    text = Note.parse(client.get("/log/checkpoint").content).text
    return str(Note(text, (key.cosign(text, second=second or int(timezone.now().timestamp())),)))


def send(client, text: str):
    return client.post("/log/cosignature", text, content_type="text/plain; charset=utf-8")


def test_a_witness_hands_its_line_in_and_the_checkpoint_carries_it(log, client, known):
    log.grow_to(10)
    answer = send(client, cosigned(client))
    assert (answer.status_code, answer.content) == (201, b"bureau.example/witness\n")
    opened = open_checkpoint(client.get("/log/checkpoint").content, [vkey(client)], witnesses=[WITNESS.verifier])
    assert list(opened.witnessed) == [WITNESS.verifier]
    assert send(client, cosigned(client)).status_code == 200
    assert client.get("/log/proof/0.tlog-proof").content.endswith(client.get("/log/checkpoint").content)


def test_a_line_that_is_not_a_known_witnesss_is_refused(log, client, known):
    log.grow_to(10)
    stranger = SigningKey("stranger.example/witness", COSIGNATURE_V1, b"s" * 32)
    other = cosigned(client).replace("\n10\n", "\n11\n")
    early = int((timezone.now() + timedelta(hours=1)).timestamp())
    for text, status in (
        ("", 400),
        ("nonsense", 400),
        (cosigned(client, key=stranger), 403),
        (cosigned(client, second=early), 400),
        (other, 404),
        ("x" * 70_000, 413),
    ):
        answer = send(client, text)
        assert answer.status_code == status, answer.content
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert client.get("/log/cosignature").status_code == 405
    assert "witness" not in client.get("/log/checkpoint").content.decode()
