"""What is told of borrowing base certificates: to the parties and the supervisors, without an amount."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact

_READERS = frozenset({"borrower", "bank", "supervisor"})
_BASE = "/deals/{stream}/borrowing-base"


@dataclass(frozen=True, kw_only=True)
class BaseCertified(Fact):
    """The borrower signed its borrowing base."""

    says: ClassVar[str] = "The borrower signed borrowing base certificate %(number)s."
    audience: ClassVar[frozenset[str] | None] = _READERS
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "supervisor"})
    link: ClassVar[str] = _BASE
    certificate_id: UUID
    number: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class BaseConfirmed(Fact):
    """A supervisor of the goods stands by the certificate's quantities."""

    says: ClassVar[str] = "The supervisor confirmed the goods of borrowing base certificate %(number)s."
    audience: ClassVar[frozenset[str] | None] = _READERS
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "borrower"})
    link: ClassVar[str] = _BASE
    certificate_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class BaseContested(Fact):
    """A supervisor of the goods does not stand by the certificate's quantities."""

    says: ClassVar[str] = "The supervisor objects to borrowing base certificate %(number)s: %(because)s"
    audience: ClassVar[frozenset[str] | None] = _READERS
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "borrower"})
    link: ClassVar[str] = _BASE
    certificate_id: UUID
    number: int
    because: str
