"""Background work of this app."""

from django.conf import settings
from django_tasks import task

from projects.donors import letters, links
from projects.giving.models import Donor


@task()
def send_link(donor_ref: str) -> None:
    """Mail a link to a donor. An unknown address has no reference; its task does nothing, and costs as much to ask."""
    donor = Donor.objects.filter(ref=donor_ref).exclude(email="").first() if donor_ref else None
    if donor is not None:
        letters.send(donor, "sign_in", link=links.url_of(donor), minutes=settings.SESAME_MAX_AGE // 60)
