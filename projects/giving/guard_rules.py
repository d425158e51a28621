"""How many tries at cards are usual, and what is done about more. Pure: counts in, verdict out.

Card testing: stolen card numbers are tried with small gifts, hundreds in minutes, and each try may cost the charity a
fee. The limits are the charity's own measure, no law: the setting `CARD_GUARD` gives others. Counts are of the last
`window_minutes`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    FREE = "FREE"
    # Something that costs a person seconds, and a program its speed.
    CHALLENGE = "CHALLENGE"
    REFUSE = "REFUSE"


@dataclass(frozen=True)
class Limits:
    """From which count on a challenge is asked, and from which nothing more is opened."""

    window_minutes: int = 60
    # Many people may share one address (mobile networks, villages): for opening pages alone nobody is soon refused.
    opened_challenge: int = 5
    opened_refuse: int = 100
    network_challenge: int = 50
    network_refuse: int = 1_000
    email_challenge: int = 5
    email_refuse: int = 20
    declined_challenge: int = 2
    declined_refuse: int = 5
    # So many challenges that nobody solved, behind declined cards, are an incident; more rows than that are not kept.
    challenged_incident: int = 5
    challenged_kept: int = 50
    # So many declines of one payment page, or of one card anywhere, close the page.
    declined_page: int = 3
    # A form is under attack from so many declines on, where at least this share of its tries was declined.
    attack_declined: int = 6
    attack_share_bps: int = 5_000


@dataclass(frozen=True)
class Counts:
    """Payment pages opened and cards declined, of one address, its network, one e-mail address, and the form."""

    opened_address: int = 0
    opened_network: int = 0
    opened_email: int = 0
    declined_address: int = 0
    declined_email: int = 0
    opened_form: int = 0
    declined_form: int = 0


def under_attack(counts: Counts, limits: Limits) -> bool:
    """Whether a form is tried with cards that do not work, by whomever."""
    tried = max(counts.opened_form, counts.declined_form)
    declined = counts.declined_form
    return declined >= limits.attack_declined and declined * 10_000 >= tried * limits.attack_share_bps


def judge(counts: Counts, limits: Limits, *, solved: bool, challenge_works: bool) -> Verdict:
    """What to do with one more wish to pay. Where no challenge can be given, what would ask for one is refused."""
    refuse = (
        counts.opened_address >= limits.opened_refuse
        or counts.opened_email >= limits.email_refuse
        or counts.opened_network >= limits.network_refuse
        or max(counts.declined_address, counts.declined_email) >= limits.declined_refuse
    )
    if refuse:
        return Verdict.REFUSE
    suspicious = (
        counts.opened_address >= limits.opened_challenge
        or counts.opened_email >= limits.email_challenge
        or counts.opened_network >= limits.network_challenge
        or max(counts.declined_address, counts.declined_email) >= limits.declined_challenge
        or under_attack(counts, limits)
    )
    if not suspicious:
        return Verdict.FREE
    if not challenge_works:
        return Verdict.REFUSE
    return Verdict.FREE if solved else Verdict.CHALLENGE
