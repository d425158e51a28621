"""Background work of this app."""

from django_tasks import task

from projects.checkout import flow


@task()
def work_event(event_id: str) -> str:
    """Work one stored payment message; `flow.sweep` comes back for what did not succeed."""
    return flow.process_event(event_id)
