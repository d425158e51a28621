"""When the public may give to a project on this site."""

from datetime import date

from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r
from projects.catalog.gate import missing_for_public_campaign
from projects.catalog.models import Project
from projects.giving.limits import limits_of
from projects.giving.policies import check_project_takes_gifts


def check_may_give(project: Project, *, on: date) -> None:
    """Open, inside its dates, in a currency the site takes, and through the publishing gate, today: a certificate may
    end while a project is open."""
    check_project_takes_gifts(project, on)
    limits_of(project.currency)
    missing = missing_for_public_campaign(project, on=on)
    if missing:
        sentences = " ".join(str(rule) for rule in missing)
        raise Refused("gate_not_passed", _r("This project cannot take gifts yet: %(missing)s"), missing=sentences)
