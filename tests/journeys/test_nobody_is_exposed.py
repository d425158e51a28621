"""A crawler reads everything a stranger can reach, in both languages, and finds nobody who was helped."""

import json
import re
import urllib.error
import urllib.request

import pytest

from charity_site.demo.people import made_up_person
from charity_site.demo.programmes import PROGRAMMES

LINK = re.compile(r'(?:href|src|action)="([^"#]+)')
MOST_PAGES = 600
# Entries of the log are as many as the log; a sample of them is read.
ENTRY = re.compile(r"/entries/(\d+)/")


def secrets_of_people():
    """What must stand nowhere: numbers, telephones, accounts and addresses of all who were ever in a case list."""
    people = [
        made_up_person(PROGRAMMES.index(programme) * 1_000 + number)
        for programme in PROGRAMMES
        for number in range(programme.requests)
    ]
    return {value for person in people for value in (person.id_number, person.phone, person.account)}


def read(address):
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            kind = answer.headers.get("Content-Type", "")
            return answer.read().decode("utf-8", "replace") if "text" in kind or "json" in kind else ""
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            pytest.fail(f"{address} answers {error.code}")
        return error.read().decode("utf-8", "replace")


def wanted(path):
    entry = ENTRY.search(path)
    return path.startswith("/") and not path.startswith("/static/") and (entry is None or int(entry[1]) % 29 == 0)


@pytest.fixture(scope="module")
def everything_public(demo):
    """Path → text of every page that links lead to from the two homes, and a few addresses nobody links to."""
    texts: dict[str, str] = {}
    waiting = ["/zh-hans/", "/en/", "/books/", "/cms/", "/en/oversight/", "/documents/1/x", "/log/checkpoint"]
    waiting += [f"/en/entries/{position}/" for position in range(1, 1300, 29)]
    while waiting and len(texts) < MOST_PAGES:
        path = waiting.pop()
        if path in texts:
            continue
        texts[path] = read(demo.address + path)
        waiting += [link for link in LINK.findall(texts[path]) if wanted(link) and link not in texts]
    return texts


def test_the_crawler_saw_the_site(everything_public):
    assert len(everything_public) > 150
    assert any("/projects/dabing/" in path for path in everything_public)


def test_no_number_telephone_or_account_of_anybody_is_public(everything_public):
    people = secrets_of_people()
    exposed = {
        (path, word) for path, text in everything_public.items() for word in re.findall(r"\d{10,19}[0-9X]?", text)
        if word in people
    }  # fmt: skip
    assert not exposed


def test_no_reference_to_a_case_or_household_is_public(demo, everything_public):
    refs = json.loads(demo.manage("load_demo", "--private-references"))
    assert len(refs) > 600
    text = "\n".join(everything_public.values())
    assert not [ref for ref in refs if ref in text]


def test_no_donors_address_is_public(everything_public):
    assert not [path for path, text in everything_public.items() if "@donors.example" in text]
