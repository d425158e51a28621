"""Which people an award needs, read from the policy rows, and how far it has come."""

from datetime import datetime

from django.utils.timezone import localtime

from ledger.core.money import format_amount
from ledger.core.refusals import Refused
from ledger.core.refusals import refusal_text as _r

from .models import ApprovalPolicy, ApprovalStage, Award
from .states import AWARD_UNDER_REVIEW


def policy_for(organisation, currency: str, weighed_minor: int, *, at: datetime) -> ApprovalPolicy:
    """The range that holds the sum, in the newest set of the organisation or, where it has none, of the default."""
    rows = ApprovalPolicy.objects.filter(currency=currency, valid_from__lte=localtime(at).date())
    for owner in (organisation, None):
        own = rows.filter(organisation=owner) if owner else rows.filter(organisation__isnull=True)
        newest = own.order_by("-valid_from").first()
        if newest is None:
            continue
        for policy in own.filter(valid_from=newest.valid_from):
            if policy.from_minor <= weighed_minor and (policy.to_minor is None or weighed_minor <= policy.to_minor):
                return policy
        break
    raise Refused(
        "no_policy",
        _r("No approval policy covers %(sum)s. An administrator has to add one."),
        sum=format_amount(weighed_minor, currency),
    )


def next_stage(award: Award) -> ApprovalStage:
    """The first stage that still lacks people."""
    if award.state not in AWARD_UNDER_REVIEW:
        raise Refused("not_under_review", _r("This award is not waiting for approval."))
    for stage in award.policy.stages.all():
        if _given(award, stage) < stage.people:
            return stage
    raise Refused("not_under_review", _r("This award is not waiting for approval."))


def is_complete(award: Award) -> bool:
    stages = list(award.policy.stages.all())
    return bool(stages) and all(_given(award, stage) >= stage.people for stage in stages)


def _given(award: Award, stage: ApprovalStage) -> int:
    return award.approvals.filter(version=award.version, digest=award.digest, stage=stage.number).count()
