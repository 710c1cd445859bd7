"""Which setting of an alarm rule holds for these goods at this site at this time: the most specific scope that has one, in its version of then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from marketplace.supervision.rules.settings import Setting


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule holds: for goods of this HS code (empty: any), at this site (None: any)."""

    hs_code: str = ""
    site_id: UUID | None = None

    def holds_for(self, there: "Scope") -> bool:
        """Whether goods and site lie within it."""
        return self.hs_code in ("", there.hs_code) and self.site_id in (None, there.site_id)

    @property
    def weight(self) -> int:
        """How specific it is: goods at a site, goods, a site, the whole firm."""
        return 2 * bool(self.hs_code) + bool(self.site_id)


ANYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a rule in a scope, from a moment on. `setting` None: withdrawn, the wider scope's holds again."""

    scope: Scope
    from_at: datetime
    setting: Setting | None


def in_force(versions: Iterable[Version], there: Scope, at: datetime) -> Setting | None:
    """The setting that judges a reading of this event time; None where the firm has none and the house's own holds.

    A later version never judges an earlier reading: history told again stays as it was told.
    """
    newest: dict[Scope, Version] = {}
    for one in versions:
        before = newest.get(one.scope)
        if one.from_at <= at and one.scope.holds_for(there) and (before is None or before.from_at <= one.from_at):
            newest[one.scope] = one
    standing = [one for one in newest.values() if one.setting is not None]
    return max(standing, key=lambda one: one.scope.weight).setting if standing else None
