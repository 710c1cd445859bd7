"""Binding a carrier (RFID tag, seal, label) to goods: one live item for a tag, and never a second life (invariant
38).
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Binding:
    """A tag on an item from `bound_at` until `unbound_at` (None: still on it)."""

    tag: str
    item: str
    bound_at: datetime
    unbound_at: datetime | None = None
