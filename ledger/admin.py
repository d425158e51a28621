"""A window on the books in the admin: search, filters, amounts. Nothing can be added, changed or removed here."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Model, Sum
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ledger import reading
from ledger.core.money import format_amount
from ledger.models import Book, Fund, JournalEntry, LogLeaf, Lot, LotCover, LotHole, LotUse, Posting

# How many rows of a fund's line are shown on its page.
LATEST = 50


class Window(admin.ModelAdmin):  # type: ignore[type-arg]
    """Reading only, whoever looks."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Book)
class BookAdmin(Window):
    list_display = ["code", "base_currency", "chart_version", "opened_at"]
    search_fields = ["code"]


@admin.register(Fund)
class FundAdmin(Window):
    list_display = ["code", "book", "restriction", "currency", "came_in", "spent", "opened_at"]
    list_filter = ["restriction", "currency"]
    search_fields = ["code", "project_ref", "book__code"]
    list_select_related = ["book"]

    readonly_fields = ["came_in", "spent", "lots", "uses", "holes", "covers"]

    @admin.display(description=_("came in"))
    def came_in(self, fund: Fund) -> str:
        return _length(Lot.objects.filter(fund=fund), fund)

    @admin.display(description=_("spent"))
    def spent(self, fund: Fund) -> str:
        return _length(LotUse.objects.filter(fund=fund, kind="SPEND"), fund)

    @admin.display(description=_("latest lots"))
    def lots(self, fund: Fund) -> SafeString:
        return _latest(Lot, fund)

    @admin.display(description=_("latest uses"))
    def uses(self, fund: Fund) -> SafeString:
        return _latest(LotUse, fund)

    @admin.display(description=_("latest holes"))
    def holes(self, fund: Fund) -> SafeString:
        return _latest(LotHole, fund)

    @admin.display(description=_("latest covers"))
    def covers(self, fund: Fund) -> SafeString:
        return _latest(LotCover, fund)


def _length(rows: Any, fund: Fund) -> str:
    total = rows.aggregate(sum=Sum(F("stop") - F("start")))["sum"]
    return format_amount(total or 0, fund.currency)


def _latest(model: Any, fund: Fund) -> SafeString:
    """The last rows of a fund's line. The admin has no page for them: their key is of two columns."""
    rows = model.objects.filter(fund=fund).select_related("entry").order_by("-start")[:LATEST]
    return format_html_join(
        "",
        "[{}, {}) {} — {}<br>",
        ((row.start, row.stop, format_amount(row.stop - row.start, fund.currency), row.entry) for row in rows),
    )


@admin.register(JournalEntry)
class JournalEntryAdmin(Window):
    list_display = ["recorded_at", "book", "kind", "effective_on", "document_ref", "amount", "postings", "place"]
    list_filter = ["kind", "book"]
    search_fields = ["document_ref", "idempotency_key"]
    date_hierarchy = "effective_on"
    ordering = ["-recorded_at", "-id"]
    list_select_related = ["book"]
    exclude = ["input_hash", "commitment"]
    readonly_fields = ["place", "sides", "stretches", "hashes"]

    @admin.display(description=_("amount"))
    def amount(self, entry: JournalEntry) -> str:
        sums = Posting.objects.filter(entry=entry).values("currency").annotate(sum=Sum("amount_minor"))
        return " + ".join(format_amount(row["sum"], row["currency"]) for row in sums)

    @admin.display(description=_("postings"))
    def postings(self, entry: JournalEntry) -> int:
        return entry.posting_count

    @admin.display(description=_("position in the log"))
    def place(self, entry: JournalEntry) -> Any:
        return LogLeaf.objects.filter(entry=entry).values_list("position", flat=True).first()

    @admin.display(description=_("debit and credit lines"))
    def sides(self, entry: JournalEntry) -> SafeString:
        lines = reading.entry(entry.id).lines
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{} {}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    line.fund,
                    line.account,
                    line.name_zh,
                    format_amount(line.debit_minor, line.currency) if line.debit_minor else "",
                    format_amount(line.credit_minor, line.currency) if line.credit_minor else "",
                )
                for line in lines
            ),
        )
        words = (_("fund"), _("account"), _("debit"), _("credit"))
        head = format_html_join("", "<th>{}</th>", ((word,) for word in words))
        return format_html("<table><tr>{}</tr>{}</table>", head, rows)

    @admin.display(description=_("stretches of funds' lines"))
    def stretches(self, entry: JournalEntry) -> SafeString:
        found = reading.entry(entry.id).stretches
        return format_html_join("", "{} {} [{}, {})<br>", ((one.kind, one.fund, one.start, one.stop) for one in found))

    @admin.display(description=_("hashes"))
    def hashes(self, entry: JournalEntry) -> SafeString:
        view = reading.entry(entry.id)
        parts = {"leaf": view.leaf_hash_hex, "input": bytes(entry.input_hash).hex(), "commitment": view.commitment_hex}
        return format_html_join("", "{} <code>{}</code><br>", (part for part in parts.items() if part[1]))


@admin.register(LogLeaf)
class LogLeafAdmin(Window):
    list_display = ["position", "subject", "hash"]
    search_fields = ["entry__document_ref"]
    ordering = ["-position"]
    list_select_related = ["entry", "notice"]
    exclude = ["leaf_hash"]
    readonly_fields = ["hash"]

    @admin.display(description=_("entry or notice"))
    def subject(self, leaf: LogLeaf) -> str:
        return str(leaf.entry) if leaf.entry else f"{leaf.notice.kind}" if leaf.notice else ""

    @admin.display(description=_("leaf hash"))
    def hash(self, leaf: LogLeaf) -> str:
        return bytes(leaf.leaf_hash).hex()
