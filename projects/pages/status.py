"""Whether the books were verified, and when: for people a page, for watching programs a line of JSON.

It says green or red and no more: which row is wrong stands in the report, which regulators and auditors read. The
answer is 200 whatever it says: a site that tells of red must not be taken off by its own load balancer.
"""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ledger import reports, transparency

# The worker verifies once a day; after two, somebody should look why not.
LATE_AFTER = timedelta(days=2)
KEPT_SECONDS = 10


def standing(at: datetime) -> dict[str, Any]:
    """``verification`` is green, red, late (the last green one is old) or none."""
    report = reports.last()
    head = transparency.head()
    word = "none"
    if report:
        word = "red" if not report.green else "late" if at - report.at > LATE_AFTER else "green"
    return {
        "verification": word,
        "verified_at": report.at if report else None,
        "verified_size": report.size if report else None,
        "log_size": head.size,
        "numbered_at": head.at,
    }


@require_safe
@cache_control(max_age=KEPT_SECONDS)
def page(request: HttpRequest) -> HttpResponse:
    """For people."""
    return render(request, "pages/status.html", standing(timezone.now()))


@require_safe
@cache_control(max_age=KEPT_SECONDS)
def as_json(request: HttpRequest) -> JsonResponse:
    """For programs that watch the site."""
    return JsonResponse(standing(timezone.now()))
