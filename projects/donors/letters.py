"""The letters that only a donor's own pages send."""

from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

from projects.giving.models import Donor


def send(donor: Donor, name: str, **context: Any) -> None:
    """One letter to the donor's address, in the donor's language."""
    context |= {"donor": donor, "site": settings.SITE_URL}
    with translation.override(donor.language):
        subject = " ".join(render_to_string(f"donors/mail/{name}_subject.txt", context).split())
        text = render_to_string(f"donors/mail/{name}.txt", context)
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [donor.email])
