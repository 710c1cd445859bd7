"""A passport whose fields are shown one by one (selective disclosure), and yet is one: all of them stand under one signed root.

A leaf hashes a field's name and value with a salt of its own, so that a leaf alone tells nothing, not even which field it is: leaves lie in the order of
their hashes. Whoever is shown a field gets its salt and hashes it anew. The tree is that of the readings' seals (RFC 6962, section 2.1).
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from marketplace.supervision.rules.seals import stamp, tree_of
from tenants.errors import Invalid
from tenants.log.tree import leaf_hash

KIND = "bailee passport 1"
SALT_BYTES = 16
READER_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `value`: as JSON holds it, without floats. `is_open`: whether the market sees it from the beginning."""

    name: str
    value: Any
    salt: bytes
    is_open: bool

    @property
    def leaf(self) -> bytes:
        """What the tree holds of it."""
        value = json.dumps(self.value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return leaf_hash("\n".join((KIND, self.name, self.salt.hex(), value)).encode())


@dataclass(frozen=True, slots=True)
class Sealing:
    """All fields of one edition of an offer's passport, each at its place."""

    listing_id: UUID
    edition: int
    sealed_at: datetime
    fields: tuple[Field, ...]

    @property
    def leaves(self) -> list[bytes]:
        """The leaves at their places."""
        return [one.leaf for one in self.fields]

    @property
    def root(self) -> bytes:
        """What stands for all of it."""
        return tree_of(self.leaves).root

    @property
    def signed_text(self) -> bytes:
        """What the house signs."""
        told = (KIND, self.listing_id, self.edition, stamp(self.sealed_at), len(self.fields), self.root.hex())
        return "\n".join(map(str, told)).encode()

    @property
    def open_names(self) -> set[str]:
        """What the market sees from the beginning."""
        return {one.name for one in self.fields if one.is_open}

    def shown(self, names: Collection[str]) -> dict[str, dict[str, Any]]:
        """These fields with what proves them, by name."""
        return {
            one.name: {"place": place, "salt": one.salt.hex(), "value": one.value}
            for place, one in enumerate(self.fields)
            if one.name in names
        }


def sealing_of(listing_id: UUID, edition: int, at: datetime, fields: Iterable[Field]) -> Sealing:
    """An edition over fields in any order."""
    return Sealing(listing_id, edition, at, tuple(sorted(fields, key=lambda one: one.leaf)))


def flattened(passport: Mapping[str, Any]) -> dict[str, Any]:
    """A passport's fields, each curve of the climate one of its own; what is not known is no field."""
    plain = {name: value for name, value in passport.items() if name != "climate" and value not in (None, [], "")}
    return plain | {f"climate.{metric}": told for metric, told in passport.get("climate", {}).items()}


def require_shown(names: Collection[str], known: Collection[str]) -> None:
    """Refuses to show nothing, and what the passport does not have."""
    if not names:
        raise Invalid("fields_missing", "Choose at least one field to show.", field="fields")
    for name in names:
        if name not in known:
            raise Invalid("field_unknown", "The passport has no field %(name)s.", field="fields", name=name[:40])


def require_reader(reader: str) -> str:
    """For whom it is, trimmed. Refuses nobody, and more than a name."""
    named = " ".join(reader.split())
    if not 1 <= len(named) <= READER_LONGEST:
        raise Invalid("reader_missing", "Say who is to read it, in at most 120 characters.", field="reader")
    return named
