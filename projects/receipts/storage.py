"""Where drawn receipts are kept: beside the database, outside everything that is served by address."""

from collections.abc import Iterable

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from projects.receipts.models import Receipt


def _folder() -> FileSystemStorage:
    return FileSystemStorage(location=settings.VAR_DIR / "receipts", base_url=None)


def fetch(receipt: Receipt, digest: str) -> bytes | None:
    """The PDF that was drawn from exactly this content, if it is kept."""
    name, folder = _name(receipt, digest), _folder()
    if not folder.exists(name):
        return None
    with folder.open(name) as file:
        return file.read()


def keep(receipt: Receipt, digest: str, pdf: bytes) -> None:
    name, folder = _name(receipt, digest), _folder()
    if not folder.exists(name):
        folder.save(name, ContentFile(pdf))


def forget(receipts: Iterable[Receipt]) -> None:
    """Remove every drawing of some receipts."""
    folder = _folder()
    for receipt in receipts:
        if folder.exists(receipt.ref):
            for name in folder.listdir(receipt.ref)[1]:
                folder.delete(f"{receipt.ref}/{name}")


def _name(receipt: Receipt, digest: str) -> str:
    return f"{receipt.ref}/{digest}.pdf"
