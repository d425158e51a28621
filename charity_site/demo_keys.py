"""Keys for a demonstration: made up once on this machine, kept beside its database, never in the repository."""

import base64
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def kept(path: Path) -> str:
    """The key in the file; made on first use, readable by its owner only. 32 random bytes in URL-safe base64."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)  # 0600
        with os.fdopen(handle, "w") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        # A link is refused if the name is taken: of two processes that start at once, one key stays, whole.
        with suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text().strip()
