"""Settings are read loudly: a wrong value stops the start and names the cure."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from charity_site import env


@pytest.mark.parametrize(("word", "value"), [("1", True), ("Yes", True), (" on ", True), ("0", False), ("", False)])
def test_a_flag_understands_plain_words(monkeypatch, word, value):
    monkeypatch.setenv("CHARITY_PROBE", word)
    assert env.flag("CHARITY_PROBE", not value) is value


def test_a_flag_refuses_what_it_does_not_understand(monkeypatch):
    monkeypatch.setenv("CHARITY_PROBE", "maybe")
    with pytest.raises(ImproperlyConfigured, match="CHARITY_PROBE is 'maybe'; set it to one of 1, true"):
        env.flag("CHARITY_PROBE", False)


def test_a_number_refuses_words(monkeypatch):
    monkeypatch.setenv("CHARITY_PROBE", "ten")
    with pytest.raises(ImproperlyConfigured, match="set it to a whole number"):
        env.number("CHARITY_PROBE", 1)


def test_text_without_a_default_must_be_set(monkeypatch):
    monkeypatch.delenv("CHARITY_PROBE", raising=False)
    with pytest.raises(ImproperlyConfigured, match="Set the environment variable CHARITY_PROBE"):
        env.text("CHARITY_PROBE")
    assert env.text("CHARITY_PROBE", "x") == "x"
    assert env.number("CHARITY_PROBE", 3) == 3
    assert env.flag("CHARITY_PROBE", True) is True


def test_numbers_are_read_by_their_names(monkeypatch):
    monkeypatch.setenv("CHARITY_PROBE", "a=1, b = 20,")
    assert env.numbers("CHARITY_PROBE") == {"a": 1, "b": 20}
    monkeypatch.delenv("CHARITY_PROBE")
    assert env.numbers("CHARITY_PROBE") == {}


@pytest.mark.parametrize("words", ["a", "a=", "a=x", "a=-1", "=;"])
def test_numbers_refuse_anything_else(monkeypatch, words):
    monkeypatch.setenv("CHARITY_PROBE", words)
    with pytest.raises(ImproperlyConfigured, match="write name=number"):
        env.numbers("CHARITY_PROBE")
