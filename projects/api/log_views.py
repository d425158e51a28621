"""The public log over HTTP: the bytes of c2sp.org/tlog-tiles, for anybody's tools. The export writes the same tree."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from ledger import checkpoints, log_keys
from ledger.core.notes import LARGEST_NOTE, parse_decimal
from ledger.core.refusals import Refused
from ledger.core.tiles import ENTRIES, Tile, parse_path
from ledger.tiles import read_tile

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
FOR_EVER = "public, max-age=31536000, immutable"
SECONDS = "public, max-age=3"
NEVER = "no-store"

# What a witness is answered when its line is not taken.
STATUS = {"witness_unknown": 403, "checkpoint_unknown": 404, "signature_bad": 403}

View = Callable[..., HttpResponse]


def _served(view: View) -> View:
    """Reading is open to every page of every site; a log without a key has nothing to read."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Refused as refused:
            response = _not_there(refused)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return answer


def _not_there(why: object = "Nothing of the log lies here.") -> HttpResponse:
    return HttpResponseNotFound(f"{why}\n", content_type=TEXT, headers={"Cache-Control": NEVER})


def _text(text: str, caching: str) -> HttpResponse:
    return HttpResponse(text, content_type=TEXT, headers={"Cache-Control": caching})


@require_safe
@_served
def checkpoint(request: HttpRequest) -> HttpResponse:
    """How far the log has come, signed, with the lines of its witnesses."""
    last = checkpoints.latest()
    return _text(checkpoints.published_text(last), SECONDS) if last else _not_there()


@require_safe
@_served
def vkey(request: HttpRequest) -> HttpResponse:
    """The public key that signs now."""
    return _text(f"{log_keys.signing_keys()[0].verifier}\n", "public, max-age=60")


@require_safe
@_served
def vkeys(request: HttpRequest) -> HttpResponse:
    """Every public key of this log, the current one first: what opens its older checkpoints."""
    return _text("".join(f"{key}\n" for key in log_keys.published_keys()), "public, max-age=60")


@require_safe
@_served
def proof(request: HttpRequest, position: str) -> HttpResponse:
    """The proof file of a position under the last checkpoint."""
    try:
        return _text(checkpoints.proof(parse_decimal(position)), SECONDS)
    except ValueError:
        return _not_there()


@require_safe
@_served
def tile(request: HttpRequest, rest: str) -> HttpResponse:
    """A tile of hashes or a bundle of entries, at the one path it has."""
    wanted = parse_path(f"tile/{rest}")
    last = checkpoints.latest()
    if last is None or not checkpoints.is_published(wanted, last.size, last.origin):
        return _not_there()
    return _bundle(request, wanted) if wanted.level == ENTRIES else _bytes(request, wanted)


def _bytes(request: HttpRequest, wanted: Tile) -> HttpResponse:
    return HttpResponse(read_tile(wanted), content_type=BYTES, headers={"Cache-Control": FOR_EVER})


# Entries are text and shrink to a third; hashes do not shrink.
_bundle = gzip_page(_bytes)


@csrf_exempt
@require_POST
def cosignature(request: HttpRequest) -> HttpResponse:
    """Take a witness's line under a checkpoint of ours. The line is its own proof of who sent it."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_NOTE:
        return HttpResponse("Too long.\n", status=413, content_type=TEXT)
    try:
        names = checkpoints.add_cosignatures(request.read(LARGEST_NOTE + 1), at=timezone.now())
    except Refused as refused:
        return HttpResponse(f"{refused}\n", status=STATUS.get(refused.code, 400), content_type=TEXT)
    return HttpResponse("".join(f"{name}\n" for name in names), status=201 if names else 200, content_type=TEXT)


@_served
def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    """Every other path under the log's address."""
    return _not_there()
