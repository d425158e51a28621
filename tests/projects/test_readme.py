"""The document about the apps says what the tables say."""

from charity_site.management.commands.draw_states import README, diagram, refreshed


def test_the_readme_shows_the_tables_as_they_are():
    text = README.read_text(encoding="utf-8")
    assert text == refreshed(text), "Run `manage.py draw_states` and look at what changed."


def test_a_table_becomes_a_diagram():
    assert diagram("door", {("SHUT", "OPEN"): "door.opened", ("OPEN", "SHUT"): "door.shut"}) == (
        "**door**\n\n```mermaid\nstateDiagram-v2\n    [*] --> SHUT\n    SHUT --> OPEN: door.opened\n"
        "    OPEN --> SHUT: door.shut\n```"
    )
