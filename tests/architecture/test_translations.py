"""Every sentence a person may read exists in Chinese, with the same places to fill, and in one version only."""

import ast
import gettext
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import wagtail
from django.contrib import admin
from django.utils.translation.template import templatize

from charity_site import translations
from tests.architecture import source

# A message: its context, or none, and its text.
Key = tuple[str | None, str]

STRING = r"""(?:u?"(?:[^"\\]|\\.)*"|u?'(?:[^'\\]|\\.)*')"""
CALL = re.compile(rf"\b(npgettext|ngettext|pgettext|gettext|_)\(\s*({STRING}(?:\s*,\s*{STRING})*)", re.DOTALL)
PLACES = re.compile(r"%\((\w+)\)[a-z]|\{(\w*)\}|%[sd]")
OWN_MARKERS = {"ledger.core.refusals": {"refusal_text": "gettext"}}
FUNCTIONS = {
    "gettext": "gettext",
    "gettext_lazy": "gettext",
    "gettext_noop": "gettext",
    "ngettext": "ngettext",
    "ngettext_lazy": "ngettext",
    "pgettext": "pgettext",
    "pgettext_lazy": "pgettext",
    "npgettext": "npgettext",
    "npgettext_lazy": "npgettext",
}


def key_of(function: str, words: list[str]) -> Key:
    return (words[0], words[1]) if function.startswith(("p", "np")) else (None, words[0])


def in_template(path: Path) -> Iterator[Key]:
    for function, arguments in CALL.findall(templatize(path.read_text(), origin=str(path))):
        yield key_of(function, [ast.literal_eval(word) for word in re.findall(STRING, arguments)])


def aliases(path: Path) -> dict[str, str]:
    """Which local names mark a sentence in this file, and how."""
    found = {}
    for node in ast.walk(source.tree(path)):
        if isinstance(node, ast.ImportFrom):
            known = FUNCTIONS if node.module == "django.utils.translation" else OWN_MARKERS.get(node.module or "", {})
            found |= {alias.asname or alias.name: known[alias.name] for alias in node.names if alias.name in known}
    return found


def in_python(path: Path) -> Iterator[Key]:
    names = aliases(path)
    for node in ast.walk(source.tree(path)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        function = FUNCTIONS.get(called.removeprefix("translation.")) if "." in called else names.get(called)
        if function:
            assert not isinstance(node.args[0], ast.JoinedStr), f"{path}:{node.lineno} an f-string cannot be translated"
            words = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
            if words and all(isinstance(text, str) for text in words[:1]):
                yield key_of(function, words)


def owner(path: Path) -> str:
    """The app, or template folder, that a file belongs to: so that a failure names who has to write."""
    parts = path.relative_to(source.BASE).parts
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0]


@cache
def used() -> dict[str, dict[Key, str]]:
    """Every marked sentence, by owner, with one file it stands in."""
    found: dict[str, dict[Key, str]] = defaultdict(dict)
    templates = [*(source.BASE / "templates").rglob("*.*"), *(source.BASE / "projects").glob("*/templates/**/*.*")]
    for path in sorted(path for path in templates if path.suffix in (".html", ".txt", ".svg", ".xml")):
        found[owner(path)] |= dict.fromkeys(in_template(path), source.name(path))
    for path in source.python_files():
        found[owner(path)] |= dict.fromkeys(in_python(path), source.name(path))
    return {name: keys for name, keys in found.items() if keys}


@cache
def written() -> dict[Key, dict[tuple[str, ...], list[str]]]:
    """Every Chinese version of every sentence, with the catalogues it stands in."""
    found: dict[Key, dict[tuple[str, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in translations.catalogues():
        if "zh_Hans" not in path.parts:
            continue
        for message in translations.read(path):
            if not message.id or message.fuzzy:
                continue
            text = message.id if isinstance(message.id, str) else message.id[0]
            versions = (message.string,) if isinstance(message.string, str) else tuple(message.string)
            found[message.context, str(text)][versions].append(source.name(path))
    return found


def places(text: str) -> set[str]:
    return {match.group(0) for match in PLACES.finditer(text.replace("%%", ""))}


@pytest.mark.parametrize("name", sorted(used()))
def test_every_sentence_exists_in_chinese(name):
    missing = {}
    for key, path in used()[name].items():
        versions = written().get(key, {})
        is_words = any(letter.isalpha() for letter in key[1])
        if is_words and not (versions and all(all(version) for version in versions)):
            missing[key[1]] = path
    assert not missing, f"{len(missing)} sentences of {name} have no Chinese"


def test_every_version_fills_the_same_places():
    wrong = [
        f"{files[0]}: {key[1]!r} → {version!r}"
        for key, versions in written().items()
        for version, files in versions.items()
        for text in version
        if text and places(text) != places(key[1])
    ]
    assert not wrong


def test_one_sentence_has_one_chinese_version():
    conflicts = {key[1]: dict(versions) for key, versions in written().items() if len(versions) > 1}
    assert not conflicts


@cache
def theirs() -> dict[Key, set[str]]:
    """Every Chinese version of the two admin sites' sentences; ours share one catalogue with them."""
    found: dict[Key, set[str]] = defaultdict(set)
    for package in (wagtail, admin):
        for path in Path(package.__file__).parent.rglob("locale/zh_Hans/LC_MESSAGES/django.mo"):
            with path.open("rb") as file:
                catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
            for name, text in catalogue.items():
                context, _, words = (name if isinstance(name, str) else name[0]).rpartition("\x04")
                found[context or None, words].add(text)
    return found


def test_no_word_of_ours_changes_a_word_of_the_admin_sites():
    """Give a word another context (`pgettext`) where we mean something else by it."""
    changed = {
        key: (sorted(theirs()[key]), version, files)
        for key, versions in written().items()
        for version, files in versions.items()
        if key[1] and key in theirs() and not set(version) <= theirs()[key]
    }
    assert theirs()[None, "Account"], "the catalogues of the admin sites were not found"
    assert not changed


def test_the_extraction_finds_each_way_of_marking(tmp_path):
    python = tmp_path / "x.py"
    python.write_text(
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
        "from ledger.core.refusals import refusal_text as _r\n"
        "_('one ' 'sentence'); ngettext('%(n)s cat', '%(n)s cats', 3); pgettext('verb', 'match'); _r('no'); _(name)\n"
    )
    assert set(in_python(python)) == {(None, "one sentence"), (None, "%(n)s cat"), ("verb", "match"), (None, "no")}
    page = tmp_path / "x.html"
    page.write_text(
        "{% translate 'plain' %} {% translate \"x\" context 'y' %} {% include 'a' with b=_('in a tag') %}"
        "{% blocktranslate trimmed count n=n %}\n  {{ n }} gift\n{% plural %}{{ n }} gifts{% endblocktranslate %}"
    )
    assert set(in_template(page)) == {(None, "plain"), ("y", "x"), (None, "in a tag"), (None, "%(n)s gift")}


def test_compiling_is_done_once_and_again_after_a_change(tmp_path):
    catalogue = tmp_path / "ledger/locale/zh_Hans/LC_MESSAGES/django.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "gift"\nmsgstr "捐赠"\n'
    )
    assert translations.compile_all(tmp_path) == [catalogue]
    assert translations.compile_all(tmp_path) == []
    assert "捐赠".encode() in catalogue.with_suffix(".mo").read_bytes()
