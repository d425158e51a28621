"""The public site, with the receipt behind a gift's private link."""

from ledger import transparency
from tests.projects.rows import ELSEWHERE, gone, public

ROWS = {
    "reading": public(get=ELSEWHERE, kwargs=lambda world: {"size": "large"}),
    # In frames on other sites: for everybody, whoever is signed in.
    "embed": public(kwargs=lambda world: {"slug": world.project.slug}),
    "status": public(),
    "status-json": public(),
    "trace": public(),
    "settlements": public(),
    "entry": public(kwargs=lambda world: {"number": transparency.position_of(world.gift.entry_id) + 1}),
    "gift": gone(kwargs=lambda world: {"token": "nobody-has-this-token"}),
    "receipt_pdf": gone(kwargs=lambda world: {"token": "nobody-has-this-token"}),
    "receipt_check": public(),
}
