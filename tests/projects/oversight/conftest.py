"""The regulator's desk works on the same story as the trace."""

from tests.projects.tracing.conftest import story

__all__ = ["story"]
