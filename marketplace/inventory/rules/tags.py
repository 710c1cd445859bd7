"""Binding a carrier (RFID tag, seal, label) to goods: one live item for a tag, and never a second life (invariant
38).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tenants.errors import Conflict


@dataclass(frozen=True, slots=True)
class Binding:
    """A tag on an item from `bound_at` until `unbound_at` (None: still on it)."""

    tag: str
    item: str
    bound_at: datetime
    unbound_at: datetime | None = None


def require_bindable(tag: str, item: str, bindings: Iterable[Binding]) -> None:
    """Refuse a tag that is on another item, or that was taken off any item before: a retired tag is never used
    again.
    """
    for binding in bindings:
        if binding.tag != tag:
            continue
        if binding.unbound_at is not None:
            raise Conflict("tag_retired", "Tag %(tag)s was used before and is retired.", field="tag", tag=tag)
        if binding.item != item:
            raise Conflict("tag_bound", "Tag %(tag)s is on another item.", field="tag", tag=tag)
