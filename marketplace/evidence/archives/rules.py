"""What an archive is: how long it is kept, what is said of each table, what is signed. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from marketplace.evidence.parts import WITHHELD, plain
from tenants.errors import Conflict

KIND = "bailee firm archive 1"
KEPT = timedelta(days=7)
# What says nothing of the firm's affairs: answers kept under lock for repeated requests, and what the house owes itself to do.
NOT_TOLD = {"answered_request": "sealed copies of answers that were given", "delivery": "errands of the house itself"}
# What opens something would open it for whoever finds the file.
LOCKED: Mapping[str, set[str]] = {**WITHHELD, "code_hash": {"member_phone"}}


def locked_columns(table: str, columns: list[str]) -> list[str]:
    """Columns of a table that no file may hold."""
    return [one for one in columns if table in LOCKED.get(one, ())]


def told_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row by the names of its columns, exactly: money (minor units), quantities and every other decimal figure as text, so that no reader makes a float of it."""
    return {name: str(value) if name.endswith("_minor") and value is not None else plain(value) for name, value in row.items()}  # fmt: skip


def signed_text(manifest: bytes) -> bytes:
    """What the house signs."""
    return f"{KIND}\n{sha256(manifest).hexdigest()}".encode()


def require_takeable(status: str, keep_until: datetime | None, now: datetime) -> None:
    """Refuse to hand out what is not made yet, and what may be kept no longer."""
    if status == "ASKED" or keep_until is None:
        raise Conflict("archive_not_ready", "This archive is not made yet.")
    if status == "GONE" or now >= keep_until:
        raise Conflict("archive_gone", "This archive was kept for %(days)s days and is gone. Ask for a new one.", days=KEPT.days)  # fmt: skip
