"""How the API's requests and webhooks are written: bracketed form fields in, a timed signature out."""

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl


def decode_form(body: str) -> dict[str, Any]:
    """`a[b][0][c]=1` as nested dictionaries and lists."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        path = name.replace("]", "").split("[")
        node = tree
        for part in path[:-1]:
            node = node.setdefault(part, {})
        if path[-1] == "":
            node[str(len(node))] = value
        else:
            node[path[-1]] = value
    listed = _lists(tree)
    return listed if isinstance(listed, dict) else {}


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [_lists(node[key]) for key in sorted(node, key=int)]
    return {key: _lists(value) for key, value in node.items()}


def sign(body: str, secret: str, moment: int) -> str:
    """The `Stripe-Signature` header: the moment, and HMAC-SHA-256 over `moment.body`."""
    mac = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"
