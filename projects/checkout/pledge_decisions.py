"""From what the provider says of a regular gift to what is still to be done here. Pure: no clock, table or network.

As in `decisions`, messages decide nothing: the same objects lead to the same steps, and done steps come no more. Every
invoice that was paid is one gift, however often the pledge was paused, changed or ended around it.
"""

from dataclasses import dataclass, field

from projects.checkout.pledge_facts import InvoiceFact, PledgeWhole, SubscriptionFact

GIFT, HOLD, STAND, EXPIRE, END = "GIFT", "HOLD", "STAND", "EXPIRE", "END"

OVER = ("canceled", "incomplete_expired")


@dataclass(frozen=True)
class Standing:
    """Where a subscription stands, in our words. Moments are seconds; 0 stands for none."""

    state: str
    amount_minor: int
    next_charge: int = 0
    skips_until: int = 0
    retry: int = 0
    attempts: int = 0
    end_reason: str = ""


@dataclass(frozen=True)
class PledgeBooks:
    """What we have of one pledge: its standing as noted, and which invoices are gifts (or were put aside)."""

    pledge_ref: str
    currency: str
    standing: Standing
    subscription_id: str = ""
    invoices: frozenset[str] = frozenset()


@dataclass(frozen=True)
class PledgeStep:
    """One thing to do."""

    act: str
    thing: str
    amount_minor: int = 0
    currency: str = ""
    intent_id: str = ""
    note: str = ""
    standing: Standing = field(default_factory=lambda: Standing("", 0))


def plan(books: PledgeBooks, whole: PledgeWhole) -> list[PledgeStep]:
    """The steps that bring us to where the provider is: gifts in the order of their invoices, then the standing."""
    made = whole.subscription
    if made is None:
        over = whole.page is not None and whole.page.status == "expired" and books.standing.state == "INITIATED"
        return [PledgeStep(EXPIRE, whole.page.session_id)] if over and whole.page else []
    if made.pledge_ref != books.pledge_ref or books.subscription_id not in ("", made.subscription_id):
        return [PledgeStep(HOLD, made.subscription_id, note="pledge.reference_mismatch")]
    steps = [_gift(bill) for bill in whole.invoices if bill.status == "paid" and bill.invoice_id not in books.invoices]
    if made.status == "unpaid":
        # The charity's settings leave it open for ever after the last try. A promise nobody keeps is ended.
        return [*steps, PledgeStep(END, made.subscription_id, note="pledge.unpaid")]
    standing = standing_of(made, whole.invoices)
    if standing.state != "INITIATED" and (standing != books.standing or not books.subscription_id):
        steps.append(PledgeStep(STAND, made.subscription_id, standing=standing))
    return steps


def standing_of(made: SubscriptionFact, invoices: tuple[InvoiceFact, ...]) -> Standing:
    """A subscription and its open invoice, in our words."""
    state = _state(made)
    opened = [bill for bill in invoices if bill.status == "open"]
    last = opened[-1] if opened and state == "PAST_DUE" else None
    runs = state in ("ACTIVE", "PAST_DUE")
    return Standing(
        state=state,
        amount_minor=made.amount_minor,
        next_charge=made.period_end if runs else 0,
        skips_until=made.resumes_at if runs else 0,
        retry=last.next_attempt if last else 0,
        attempts=last.attempts if last else 0,
        end_reason=made.end_reason if state == "CANCELLED" else "",
    )


def _state(made: SubscriptionFact) -> str:
    if made.status in OVER:
        return "CANCELLED"
    if made.status == "incomplete":
        return "INITIATED"
    if made.status == "past_due":
        return "PAST_DUE"
    return "PAUSED" if made.paused and not made.resumes_at else "ACTIVE"


def _gift(bill: InvoiceFact) -> PledgeStep:
    """One paid invoice. Where not exactly one payment stands behind it, no gift can be told: a person has to look."""
    if len(bill.intent_ids) != 1:
        return PledgeStep(HOLD, bill.invoice_id, bill.paid_minor, bill.currency, note="pledge.invoice_unclear")
    return PledgeStep(GIFT, bill.invoice_id, bill.paid_minor, bill.currency, bill.intent_ids[0])
