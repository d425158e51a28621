"""The regulator's screens. Evidence first: ids are links, figures have their position, what is hidden says so."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ledger import balances, reading, reports, transparency
from ledger.core.refusals import Refused
from projects.access import people
from projects.access.screen import sentence
from projects.audit import actions as audit
from projects.audit.models import AuditEvent, ReadLog
from projects.giving.models import Gift
from projects.organisations.models import Organisation
from projects.oversight import exports, finding, reveals
from projects.oversight.links import node_url
from projects.oversight.scope import OversightRequest, books_in_scope, in_scope, oversight_view
from projects.oversight.words import FULL_TRACE, document_word, event_word, field_words, purpose_word
from projects.payouts.models import Payout
from projects.relief.models import Award
from projects.tracing import paths
from projects.tracing.audiences import Audience
from projects.tracing.nodes import Node
from projects.tracing.path_picture import picture, upright
from projects.tracing.words import box_lines, detail, kind_word


class SignIn(LoginView):
    """One door for regulators and auditors; a wrong name and a wrong password get the same answer."""

    template_name = "oversight/sign_in.html"
    next_page = "oversight:home"


class SignOut(LogoutView):
    next_page = "oversight:sign_in"


@require_safe
@oversight_view
def home(request: OversightRequest) -> HttpResponse:
    """Where to look: the charities in scope, what needs attention, and one's own looks."""
    charities = request.scope.exclude(book_code="").order_by("name_zh")
    looks = [
        {
            "at": look.at,
            "kind": document_word(look.subject_kind),
            "ref": look.subject_ref,
            "why": purpose_word(look.purpose),
            "fields": field_words(look.fields),
        }
        for look in ReadLog.objects.filter(by_ref=request.user.ref).order_by("-pk")[:10]
    ]
    return render(
        request,
        "oversight/home.html",
        {
            "charities": charities,
            "head": transparency.head(),
            "looks": looks,
            "report": reports.last(),
        },
    )


@require_safe
@oversight_view
def search(request: OversightRequest) -> HttpResponse:
    """Any reference: gift, receipt, match, award, payout, case, entry id or log position."""
    query = request.GET.get("q", "").replace("\0", "\ufffd").strip()[:80]
    results = finding.find(query, scope=request.scope, books=books_in_scope(request)) if query else []
    if len(results) == 1:
        return redirect(results[0].url)
    return render(request, "oversight/search.html", {"query": query, "results": results})


@require_safe
@oversight_view
def entry(request: OversightRequest, entry_id: Any) -> HttpResponse:
    """One entry with its debit and credit lines, its stretches, and everything that happened to its document."""
    try:
        view = reading.entry(entry_id)
    except Refused as refused:
        raise Http404 from refused
    if view.book not in books_in_scope(request):
        raise Http404
    context = {
        "entry": view,
        "kind": kind_word(view.kind),
        "document": document_word(view.document_kind),
        "document_url": finding.document_url(view),
        "recorded_by": people.name(view.recorded_by),
        "history": _history(view),
    }
    return render(request, "oversight/entry.html", context)


def _history(view: reading.EntryView) -> list[dict[str, Any]]:
    """What else happened to the entry's document: other entries, and what people and the system did, in order."""
    related = [row for row in reading.find(view.document_ref) if row.entry_id != view.entry_id]
    events = list(AuditEvent.objects.filter(subject_ref=view.document_ref).order_by("pk")[:100])
    names = people.names([row.recorded_by for row in related] + [event.by_ref for event in events])
    rows = [
        {"at": row.recorded_at, "what": kind_word(row.kind), "by": names.get(row.recorded_by), "entry": row.entry_id}
        for row in related
    ] + [
        {"at": event.at, "what": event_word(event.event), "by": names.get(event.by_ref), "reason": event.reason}
        for event in events
    ]
    return sorted(rows, key=lambda row: row["at"])


@require_safe
@oversight_view
def gift(request: OversightRequest, ref: str) -> HttpResponse:
    """A gift forward to the help it became."""
    row = get_object_or_404(Gift.objects.select_related("organisation", "donor", "project"), ref=ref)
    in_scope(request, row.organisation)
    return _path_page(request, "gift", row, paths.gift_path, reveal="oversight:reveal_donor", backwards=False)


@require_safe
@oversight_view
def award(request: OversightRequest, ref: str) -> HttpResponse:
    """An award back to the gifts and matches behind it."""
    row = get_object_or_404(Award.objects.select_related("project__organisation"), ref=ref)
    in_scope(request, row.project.organisation)
    return _path_page(request, "award", row, paths.award_path, reveal="oversight:reveal_award", backwards=True)


@require_safe
@oversight_view
def payout(request: OversightRequest, ref: str) -> HttpResponse:
    """A payout back to the gifts and matches behind it."""
    row = get_object_or_404(Payout.objects.select_related("award__project__organisation"), ref=ref)
    in_scope(request, row.award.project.organisation)
    return _path_page(request, "payout", row, paths.payout_path, reveal="oversight:reveal_award", backwards=True)


def _path_page(
    request: OversightRequest, what: str, row: Any, path_of: Callable[..., Node], *, reveal: str, backwards: bool
) -> HttpResponse:
    organisation = row.organisation if what == "gift" else (row if what == "award" else row.award).project.organisation
    at = timezone.now()
    # Looking at a full trace is an act too: it is counted, though it names nobody.
    audit.log_read(
        by=request.user,
        at=at,
        purpose=FULL_TRACE,
        subject=(what, row.ref),
        fields=("trace",),
        organisation_ref=organisation.ref,
    )
    context = {"what": what, "row": row, "reveal": reveal, "head": transparency.head(), "organisation": organisation}
    context["reveal_ref"] = row.award.ref if what == "payout" else row.ref
    if (row.award.entry_id if what == "payout" else row.entry_id) is None:
        return render(request, "oversight/path.html", context | {"path": None})
    after = request.GET.get("after", "")
    page = {"after": int(after)} if backwards and after.isdecimal() and len(after) < 16 else {}
    try:
        path = path_of(row, audience=Audience.REGULATOR, at=at, **page)
    except Refused as refused:
        return render(request, "oversight/path.html", context | {"path": None, "refusal": sentence(refused)})
    if request.GET.get("format") in ("csv", "json"):
        return getattr(exports, f"as_{request.GET['format']}")(path, f"{what}-{row.ref[:12]}")
    steps = [
        {"depth": depth, "node": node, "kind": kind_word(node.kind), "url": node_url(node), "detail": detail(node)}
        for depth, node in path.walk()
    ]
    pictures = {
        "wide": picture(path, words=box_lines, url=node_url, backwards=backwards),
        "tall": upright(path, words=box_lines, url=node_url),
    }
    following = next((node.facts["next"] for _depth, node in path.walk() if node.facts.get("next")), None)
    context |= {"path": path, "steps": steps, "pictures": pictures, "following": following, "after": page.get("after")}
    return render(request, "oversight/path.html", context)


@require_safe
@oversight_view
def book(request: OversightRequest, slug: str) -> HttpResponse:
    """A charity's trial balance and funds at the end of the log."""
    organisation = in_scope(request, get_object_or_404(Organisation.objects.exclude(book_code=""), slug=slug))
    rows = balances.trial_balance(book=organisation.book_code, currency="CNY")
    projects = organisation.projects.exclude(opened_at=None).order_by("slug")
    funds = [
        (project, balances.fund_figures(book=organisation.book_code, fund=project.fund_code)) for project in projects
    ]
    return render(
        request,
        "oversight/book.html",
        {
            "organisation": organisation,
            "rows": rows,
            "debit": sum(row.debit_minor for row in rows),
            "credit": sum(row.credit_minor for row in rows),
            "funds": funds,
            "head": transparency.head(),
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@oversight_view
def reveal_award(request: OversightRequest, ref: str) -> HttpResponse:
    """Who an award is paid to."""
    row = get_object_or_404(Award.objects.select_related("project__organisation", "payee"), ref=ref)
    in_scope(request, row.project.organisation)
    return _reveal(request, row, reveals.reveal_award, back="oversight:award")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@oversight_view
def reveal_donor(request: OversightRequest, ref: str) -> HttpResponse:
    """Who gave a gift."""
    row = get_object_or_404(Gift.objects.select_related("organisation"), ref=ref)
    in_scope(request, row.organisation)
    return _reveal(request, row, reveals.reveal_donor, back="oversight:gift")


def _reveal(request: OversightRequest, row: Any, act: Callable[..., list[reveals.Shown]], *, back: str) -> HttpResponse:
    context: dict[str, Any] = {"row": row, "back": back, "reason": request.POST.get("reason", "")}
    status = 200
    if request.method == "POST":
        try:
            context["shown"] = act(row, reason=context["reason"], by=request.user, at=timezone.now())
        except Refused as refused:
            context["refusal"], status = sentence(refused), 403 if refused.code == "not_permitted" else 422
    return render(request, "oversight/reveal.html", context, status=status)
