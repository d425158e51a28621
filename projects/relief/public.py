"""The public view of awards: the database says who may be shown at this moment, `publication` decides how."""

import datetime
from dataclasses import dataclass

from django.utils.timezone import localtime

from projects.access.languages import in_language
from projects.catalog.models import Purpose
from projects.organisations.models import Jurisdiction, LevelType

from . import options
from .models import Authorisation, Award, Case
from .publication import Candidate, PublicRow, publish
from .queries import committed_awards

SHOWN_SENSITIVITIES = (Case.Sensitivity.GREEN, Case.Sensitivity.YELLOW)


@dataclass(frozen=True)
class PublicAward:
    """One public row with its names. `award_ref` is empty for a merged row: who is inside is not said."""

    row: PublicRow
    currency: str
    place_zh: str
    place_en: str
    purpose_zh: str
    purpose_en: str

    @property
    def is_single(self) -> bool:
        return self.row.is_single

    @property
    def award_ref(self) -> str:
        return self.row.award_refs[0] if self.row.is_single else ""

    @property
    def pseudonym(self) -> str:
        return in_language(self.row.pseudonym_zh, self.row.pseudonym_en)

    @property
    def place(self) -> str:
        return in_language(self.place_zh, self.place_en)

    @property
    def purpose(self) -> str:
        return in_language(self.purpose_zh, self.purpose_en)

    @property
    def month(self) -> datetime.date | None:
        return self.row.month

    @property
    def amount_minor(self) -> int:
        return self.row.amount_minor

    @property
    def households(self) -> int | None:
        return self.row.households

    @property
    def is_paid(self) -> bool:
        return self.row.is_paid


def public_awards(project, *, at: datetime.datetime) -> list[PublicAward]:
    """What everybody may see of a project's awards, newest month first. The amounts add up to all in the books."""
    awards = list(
        committed_awards(project).select_related("request__case__node", "request__case__identity", "household")
    )
    chains = _Chains()
    consents = _consents(project, at)
    candidates = [_candidate(award, consents, chains) for award in awards]
    purposes = {purpose.pk: purpose for purpose in Purpose.objects.all()}
    return [
        _named(row, project.currency, chains, purposes)
        for row in publish(candidates, k=options.number("RELIEF_PUBLICATION_K"))
    ]


def public_award(award: Award, *, at: datetime.datetime) -> PublicAward:
    """The public row in which this award is contained: its own, or one of many."""
    rows = public_awards(award.project, at=at)
    return next(row for row in rows if award.ref in row.row.award_refs)


def households_helped(project) -> int:
    """How many households have an award in the books."""
    return committed_awards(project).values("household").distinct().count()


def _consents(project, at: datetime.datetime) -> dict[int, Authorisation]:
    """Live consents to publish, by case."""
    live = Authorisation.objects.filter(
        case__requests__project=project, state=Authorisation.State.ACTIVE, signed_at__lte=at, expires_at__gt=at
    ).distinct()
    return {consent.case_id: consent for consent in live if consent.allows_publishing}


def _candidate(award: Award, consents: dict[int, Authorisation], chains: "_Chains") -> Candidate:
    case = award.request.case
    consent = consents.get(case.pk)
    may_stand_alone = (
        consent is not None
        and case.sensitivity in SHOWN_SENSITIVITIES
        and case.identity.erased_at is None
        and (not case.is_under_14 or consent.given_by == Authorisation.GivenBy.GUARDIAN)
    )
    return Candidate(
        award_ref=award.ref,
        household=award.household.ref,
        pseudonym_zh=award.pseudonym_zh,
        pseudonym_en=award.pseudonym_en,
        places=chains.of(case.node),
        month=localtime(award.committed_at).date().replace(day=1),
        purpose=award.purpose_id,
        amount_minor=award.amount_minor,
        is_paid=award.state == Award.State.PAID,
        may_stand_alone=may_stand_alone,
    )


class _Chains:
    """Areas from the public level upward; below a town nobody is shown."""

    def __init__(self) -> None:
        lowest = LevelType.objects.filter(code=options.value("RELIEF_PUBLIC_LEVEL")).first()
        self.depth = lowest.depth if lowest else 0
        self.nodes: dict[str, Jurisdiction] = {}

    def of(self, node: Jurisdiction) -> tuple[str, ...]:
        codes = node.path.strip("/").split("/")
        unknown = [code for code in codes if code not in self.nodes]
        if unknown:
            for found in Jurisdiction.objects.filter(code__in=unknown).select_related("level"):
                self.nodes[found.code] = found
        shown = [c for c in codes if c in self.nodes and self.nodes[c].level.depth <= self.depth]
        return tuple(reversed(shown)) or (codes[0],)


def _named(row: PublicRow, currency: str, chains: _Chains, purposes: dict[str, Purpose]) -> PublicAward:
    place, purpose = chains.nodes.get(row.place), purposes.get(row.purpose)
    return PublicAward(
        row=row,
        currency=currency,
        place_zh=place.name_zh if place else "",
        place_en=place.name_en if place else "",
        purpose_zh=purpose.name_zh if purpose else "",
        purpose_en=purpose.name_en if purpose else "",
    )
