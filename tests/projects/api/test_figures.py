"""The public figures: whole minor units at a position, for everybody, self-described, checkable from outside."""

import json

import pytest
from django.core.management import call_command

from ledger import checkpoints, transparency
from ledger.auditor.command import main
from projects.api import public_figures
from tests.factories.access import BEGIN
from tests.factories.catalog import draft_project, open_project
from tests.ledger import public_log
from tests.projects.pages import ledger_story as story

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/figures"


@pytest.fixture
def project():
    project = open_project(slug="rooms")
    story.gift(project, 100_00)
    story.gift(project, 50_50)
    story.number()
    story.award(project, 80_00)
    story.number()
    return project


def test_it_states_each_public_project_in_minor_units(client, project):
    draft_project(slug="hidden")
    head = transparency.head()
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["position"], said["root"], said["after"]) == (head.size, head.root_hex, "")
    (row,) = said["projects"]
    assert {name: row[name] for name in ("slug", "book", "fund", "currency", "given", "matched", "spent", "left")} == {
        "slug": "rooms", "book": project.organisation.book_code, "fund": project.fund_code, "currency": "CNY",
        "given": 150_50, "matched": 0, "spent": 80_00, "left": 70_50,
    }  # fmt: skip


def test_it_answers_for_an_earlier_position(client, project):
    position = transparency.head().size - 1
    said = client.get(ADDRESS, {"position": position}).json()
    assert said["position"] == position
    assert said["projects"][0]["spent"] == 0
    assert said["projects"][0]["left"] == 150_50


@pytest.mark.parametrize(("asked", "code"), [("999999", 404), ("-1", 422), ("x", 422), ("9" * 30, 422)])
def test_it_refuses_a_position_that_is_not_there(client, project, asked, code):
    assert client.get(ADDRESS, {"position": asked}).status_code == code


def test_it_answers_anybody_from_anywhere_without_a_cookie(client, project):
    answer = client.get(ADDRESS)
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"].startswith("public")
    assert not answer.cookies
    assert client.post(ADDRESS).status_code == 405


def test_it_gives_pages(client, project):
    others = [open_project(slug=f"other-{number}", organisation=project.organisation) for number in range(2)]
    seen, after = [], ""
    while True:
        said = client.get(ADDRESS, {"limit": 1, "after": after}).json()
        seen += [row["project"] for row in said["projects"]]
        after = said["after"]
        if not after:
            break
    assert seen == sorted([project.ref, *(other.ref for other in others)])


def test_it_answers_for_one_project(client, project):
    said = client.get(f"{ADDRESS}/rooms").json()
    assert said["project"]["given"] == 150_50
    assert client.get(f"{ADDRESS}/nowhere").status_code == 404
    draft_project(slug="hidden")
    assert client.get(f"{ADDRESS}/hidden").status_code == 404


def test_it_describes_itself(client):
    said = client.get("/api/v1/openapi.json").json()
    assert set(said["paths"]) == {ADDRESS, ADDRESS + "/{slug}", "/api/v1/settlements"}
    assert said["components"]["schemas"]["ProjectFigures"]["properties"]["given"]["type"] == "integer"


def test_an_unknown_address_is_simply_not_there(client):
    assert client.get("/api/v1/secrets").status_code == 404


def test_the_outside_verifier_finds_the_same(project, tmp_path, capsys):
    leaves = public_log.leaves_of_books()
    folder = public_log.publish(tmp_path / "log", leaves)
    document = public_figures.document(len(leaves))
    (folder / "figures.json").write_text(json.dumps(document))
    arguments = [str(folder), "--lang", "en", "--state", str(tmp_path / "seen.json")]
    assert main(arguments) == 0
    assert "published figures of 1 projects compared" in capsys.readouterr().out
    document["projects"][0]["left"] += 1
    (folder / "figures.json").write_text(json.dumps(document))
    assert main(arguments) == 30


def test_an_export_has_them_beside_the_checkpoint(project, tmp_path, settings, capsys):
    settings.LOG_STATE_DIR = tmp_path / "state"
    settings.LOG_KEY_FILE = str(tmp_path / "key")
    settings.DEBUG = True
    checkpoints.sign(at=BEGIN)
    folder = tmp_path / "log"
    call_command("log_export", str(folder))
    assert json.loads((folder / "figures.json").read_text())["projects"][0]["left"] == 70_50
    assert main([str(folder), "--lang", "en", "--state", str(tmp_path / "seen.json")]) == 0
    assert "published figures of 1 projects compared" in capsys.readouterr().out
