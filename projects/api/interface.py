"""The public interface for machines; ``/api/v1/openapi.json`` describes it. Reading only, no key, no cookie."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, NinjaAPI, Query, Schema
from ninja.errors import HttpError

from ledger import balances
from ledger.core.refusals import Refused
from projects.api import public_figures
from projects.settlement import published

PAGE = 100
LARGEST_PAGE = 500
# Figures at a position never change, but which projects are public may.
FRESH_SECONDS = {"at a position": 600, "latest": 5}

api = NinjaAPI(
    title="Charity ledger: public figures",
    version="1",
    description=(
        "Figures of every public project at a position of the public log. Amounts are whole minor units (分, cents). "
        "Check them against the log itself: python -m ledger.auditor."
    ),
    urls_namespace="api-v1",
    docs_url=None,
    openapi_url="/openapi.json",
)


class ProjectFigures(Schema):
    """given + matched + other_in = spent + refunded + left. covered is the part of spent whose gifts went back."""

    project: str = Field(description="the project's opaque reference, as in the log's notices")
    slug: str
    name_zh: str
    name_en: str
    book: str = Field(description="the charity's book in the log")
    fund: str = Field(description="the project's fund in that book")
    currency: str
    given: int
    matched: int
    other_in: int
    refunded: int
    covered: int
    spent: int
    left: int
    gifts: int
    matches: int


class Figures(Schema):
    """Figures at one position."""

    position: int = Field(description="figures count the entries at positions below this one")
    root: str = Field(description="root of the log's tree at this size (hex); empty where no batch of entries ended")
    projects: list[ProjectFigures]
    after: str = Field(description="ask again with this to go on; empty at the end")


class ProjectAtPosition(Schema):
    """One project's figures at one position."""

    position: int
    root: str
    project: ProjectFigures


class SettlementStatement(Schema):
    """What became of every row of one platform's file or bank statement, as its notice in the log says."""

    ref: str = Field(description="the file's opaque reference")
    book: str = Field(description="the charity's book in the log")
    on: date
    position: int | None = Field(description="the notice's position in the log; null until it is numbered")
    source: str = Field(description="PLATFORM or BANK")
    digest: str = Field(description="SHA-256 of the file's bytes (hex)")
    currency: str
    rows: int = Field(description="the file's rows; the counts add up to it")
    total: int = Field(description="the file's sum after fees, + came in, − went out; the totals add up to it")
    counts: dict[str, int] = Field(description="how many rows ended in each state")
    totals: dict[str, int] = Field(description="what they come to")


class SettlementStatements(Schema):
    """Published statements, the newest first."""

    statements: list[SettlementStatement]
    after: str = Field(description="ask again with this to go on; empty at the end")


Position = Annotated[int | None, Query(ge=0, le=2**53, description="a size of the log; the newest without it")]


@api.get("/figures", response=Figures, summary="Figures of all public projects")
def figures(
    request: HttpRequest,
    response: HttpResponse,
    position: Position = None,
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE,
) -> dict[str, Any]:
    """All public projects at a position, in the order of references, a page at a time."""
    size, root = _at(position)
    page = list(public_figures.with_funds().filter(ref__gt=after)[: limit + 1])
    listed = public_figures.rows(page[:limit], position=size, root_hex=root)
    _headers(response, position)
    return {
        "position": size,
        "root": root,
        "projects": listed,
        "after": page[limit - 1].ref if len(page) > limit else "",
    }


@api.get("/figures/{slug}", response=ProjectAtPosition, summary="Figures of one project")
def figures_of_project(
    request: HttpRequest, response: HttpResponse, slug: str, position: Position = None
) -> dict[str, Any]:
    """One public project at a position."""
    size, root = _at(position)
    project = public_figures.with_funds().filter(slug=slug).first()
    if project is None:
        raise HttpError(404, "There is no such public project.")
    (row,) = public_figures.rows([project], position=size, root_hex=root)
    _headers(response, position)
    return {"position": size, "root": root, "project": row}


@api.get("/settlements", response=SettlementStatements, summary="Statements of completeness of settlement files")
def settlements(
    request: HttpRequest,
    response: HttpResponse,
    book: Annotated[str, Query(max_length=32, description="one charity's only")] = "",
    after: Annotated[str, Query(max_length=32)] = "",
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = PAGE,
) -> dict[str, Any]:
    """Every file that was taken in whole, a page at a time."""
    page = list(published.files_after(after, book=book)[: limit + 1])
    _headers(response, None)
    return {
        "statements": published.statements(page[:limit]),
        "after": page[limit - 1].ref if len(page) > limit else "",
    }


def _at(position: int | None) -> tuple[int, str]:
    try:
        return balances.at_position(position)
    except Refused as refused:
        raise HttpError(404, refused.sentence % refused.values) from None


def _headers(response: HttpResponse, position: int | None) -> None:
    seconds = FRESH_SECONDS["latest" if position is None else "at a position"]
    response["Cache-Control"] = f"public, max-age={seconds}"
    response["Access-Control-Allow-Origin"] = "*"
