"""The screens ask the clock themselves; here it stands at the moment when the stories begin."""

import pytest


@pytest.fixture(autouse=True)
def clock(monkeypatch, moment):
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
