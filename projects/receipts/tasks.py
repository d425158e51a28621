"""Background work of this app."""

from django.utils import timezone
from django_tasks import task

from projects.receipts import batches
from projects.receipts.batch_models import StatementBatch


@task()
def make_statements(ref: str) -> bool:
    """Draw some statements of a batch and queue itself again for the rest: other work gets its turn between."""
    batch = StatementBatch.objects.get(ref=ref)
    more = batches.make(batch, at=timezone.now(), most=batches.AT_ONCE)
    if more:
        make_statements.enqueue(ref)
    return more
