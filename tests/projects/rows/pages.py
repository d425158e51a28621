"""The public site, with the receipt behind a gift's private link."""

from tests.projects.rows import ELSEWHERE, gone, public

ROWS = {
    "reading": public(get=ELSEWHERE, kwargs=lambda world: {"size": "large"}),
    "trace": public(),
    "gift": gone(kwargs=lambda world: {"token": "nobody-has-this-token"}),
    "receipt_pdf": gone(kwargs=lambda world: {"token": "nobody-has-this-token"}),
    "receipt_check": public(),
}
