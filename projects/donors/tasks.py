"""Background work of this app."""

from django.conf import settings
from django_tasks import task

from projects.donors import erasing, letters, links
from projects.donors.models import ErasureRequest
from projects.giving.models import Donor


@task()
def send_link(donor_ref: str) -> None:
    """Mail a link to a donor. An unknown address has no reference; its task does nothing, and costs as much to ask."""
    donor = Donor.objects.filter(ref=donor_ref).exclude(email="").first() if donor_ref else None
    if donor is not None:
        letters.send(donor, "sign_in", link=links.url_of(donor), minutes=settings.SESAME_MAX_AGE // 60)


@task()
def send_erasure_link(wish_ref: str) -> None:
    """Mail the link by which a wish to be erased is confirmed."""
    wish = ErasureRequest.objects.select_related("donor").get(ref=wish_ref)
    if wish.donor.email:
        letters.send(wish.donor, "erasure", link=erasing.url_of(wish), hours=erasing.LINK_HOURS)
