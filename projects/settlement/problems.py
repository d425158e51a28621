"""Why a row or line is not simply in the books: stable codes, each with its sentence in both languages."""

from typing import Any

from django.utils.translation import gettext_lazy as _

PROBLEMS: dict[str, Any] = {
    # The row itself: rejected.
    "line_broken": _("The line cannot be taken apart into cells."),
    "cells_beyond_heading": _("The row has more cells than the heading."),
    "cell_is_formula": _("A cell holds a formula where an amount or a day belongs; it was not calculated."),
    "amount_missing": _("There is no amount."),
    "amount_zero": _("The amount is zero."),
    "amount_not_a_number": _("The amount is not a number."),
    "amount_not_positive": _("The amount is not more than zero."),
    "amount_too_fine": _("The amount has more decimal places than the currency."),
    "amount_too_large": _("The amount is larger than one entry may hold."),
    "currency_differs": _("The currency is not that of the file."),
    "date_missing": _("There is no day."),
    "date_not_readable": _("The day is in none of the forms of the mapping."),
    "effective_in_future": _("The day lies in the future."),
    "direction_unknown": _("The mapping does not know whether this came in or went out."),
    "fee_too_large": _("The fee is not smaller than the gift."),
    "number_too_long": _("The platform's number is too long."),
    "status_not_done": _("The platform says that this payment was not carried out."),
    # Money whose meaning is not known: suspense.
    "kind_unknown": _("The mapping does not know this kind of row."),
    "gift_negative": _("A gift with a negative amount."),
    "project_unknown": _("No project of the charity has this name, number or address."),
    "number_reused": _("The same number stood for another amount before."),
    "origin_unknown": _("The gift that this refund names was not found."),
    "refund_too_large": _("The refund is larger than what is left of the gift."),
    "gift_not_settled": _("The gift of this refund has gone back already."),
    "refund_not_possible": _("The gift of this refund cannot be taken back."),
    "key_reused": _("The books know this number with other contents."),
    "period_closed": _("The books of this day are closed."),
    "refused": _("The books refused this row."),
    "nothing_fits": _("No settlement file and no payout has this amount."),
    "adjustment_undone": _("The adjustment that had explained it was undone."),
    "several_fit": _("More than one settlement file or payout has this amount."),
    # Known already.
    "known": _("The same row is in the books already."),
}


def said(code: str) -> Any:
    """The sentence of a code; a code that is not in the table shows itself."""
    return PROBLEMS.get(code, code)
