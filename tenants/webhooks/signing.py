"""Signatures on webhooks, as Standard Webhooks 1.0 has them, so that a receiver's own library verifies them.

HMAC-SHA256 over `id.timestamp.body` under the secret's bytes; `v1,` and Base64; one for each secret that counts, with a space between.
"""

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

PREFIX = "whsec_"


def signature(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of one try. While a secret is being replaced both sign, so that no message is lost between them."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(f"v1,{_mac(secret, signed)}" for secret in secrets)


def _mac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, signed, sha256)).decode()


def grown_secret(installation: str, webhook_id: UUID, version: int) -> str:
    """The secret of one webhook, grown from the installation's own: the database holds none, so whoever reads it signs nothing."""
    made = hmac.digest(installation.encode(), f"bailee webhook 1|{webhook_id}|{version}".encode(), sha256)
    return PREFIX + base64.b64encode(made).decode()
