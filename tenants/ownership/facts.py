"""What happens in the register of owners: on each entry's own stream, which the platform and the firm alone read."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class StakeEntered(Fact):
    """Two people of the platform entered an owner of a firm."""

    says: ClassVar[str] = "An owner of %(firm)s was entered in the register."
    tells: ClassVar[frozenset[str]] = frozenset({"firm"})
    link: ClassVar[str] = "/owners"
    stake_id: UUID
    firm_id: UUID
    firm: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class StakeEnded(Fact):
    """Two people of the platform ended the entry of an owner."""

    says: ClassVar[str] = "An entry among the owners of %(firm)s ended."
    tells: ClassVar[frozenset[str]] = frozenset({"firm"})
    link: ClassVar[str] = "/owners"
    stake_id: UUID
    firm: str


@dataclass(frozen=True, kw_only=True)
class StakeObjected(Fact):
    """A firm says that an entry among its owners is wrong: the platform has to look."""

    says: ClassVar[str] = "%(firm)s objects to an entry among its owners: %(because)s"
    tells: ClassVar[frozenset[str]] = frozenset({"registrar"})
    link: ClassVar[str] = "/organisations/{firm_id}/owners"
    stake_id: UUID
    firm_id: UUID
    firm: str
    because: str
