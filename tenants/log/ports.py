"""The log's name and the key that signs it: chosen once for each process."""

import hmac
from hashlib import sha256
from urllib.parse import urlsplit

from tenants.log.notes import NoteKey

_chosen: list[tuple[str, bytes]] = []


def sign_log_by(secret: str, public_url: str) -> None:
    """The key is grown from the installation's secret and is in every backup; the name is the log's public address, as the layout of tiles wants it."""
    parts = urlsplit(public_url)
    _chosen[:] = [
        (f"{parts.netloc}{parts.path.rstrip('/')}/log", hmac.digest(secret.encode(), b"bailee log 1", sha256))
    ]


def log_key(name: str | None = None) -> NoteKey:
    """The key under the log's name. `name`: the one under which it began, which it keeps when the house moves to another address."""
    assert _chosen, "wsgi chooses the log's key for web and worker"
    origin, seed = _chosen[0]
    return NoteKey(name or origin, seed)
