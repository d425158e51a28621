"""What is missing is skipped at home and fails in CI."""

import pytest

from tests import needs


def test_what_is_missing_is_skipped_at_home(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"no \.\./shared/nowhere"):
        needs.shared("nowhere")


def test_what_is_missing_fails_in_ci(monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(needs.shutil, "which", lambda name: None)
    with pytest.raises(pytest.fail.Exception, match="CI requires it"):
        needs.browser()
