"""What happens around a firm's whole archive: agreed, made, taken away, forgotten. In the firm's own record, which nobody else reads."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact

PAGE = "/archives"


@dataclass(frozen=True, kw_only=True)
class ArchiveAsked(Fact):
    """Two people of a firm want everything that it owns or takes part in, in one file."""

    says: ClassVar[str] = "%(asked_by)s and %(agreed_by)s asked for the whole archive of %(firm)s."
    link: ClassVar[str] = PAGE
    archive_id: UUID
    firm: str
    asked_by: str
    agreed_by: str


@dataclass(frozen=True, kw_only=True)
class ArchiveMade(Fact):
    """The file is there; its hash stands in the record, so that no other can be shown in its place."""

    says: ClassVar[str] = "The archive of %(firm)s was put into a file of %(files)s parts (SHA-256 %(sha256)s)."
    link: ClassVar[str] = PAGE
    archive_id: UUID
    firm: str
    files: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ArchiveTaken(Fact):
    """Somebody took the file away, or a part of it (counted from 0)."""

    says: ClassVar[str] = "%(taken_by)s took away the archive of %(firm)s."
    link: ClassVar[str] = PAGE
    archive_id: UUID
    firm: str
    taken_by: str
    part: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ArchiveForgotten(Fact):
    """The days for which the file is kept are over; it is gone."""

    says: ClassVar[str] = "The file with the archive of %(firm)s was deleted, its days being over."
    link: ClassVar[str] = PAGE
    archive_id: UUID
    firm: str
    sha256: str
