"""What happens in the catalogue."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class SearchSaved(Fact):
    """Somebody of the firm saved a search, to run it again."""

    says: ClassVar[str] = "The search %(name)s was saved."
    link: ClassVar[str] = "/catalogue/searches"
    search_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class SearchForgotten(Fact):
    """A saved search was removed."""

    says: ClassVar[str] = "The search %(name)s was removed."
    link: ClassVar[str] = "/catalogue/searches"
    search_id: UUID
    name: str
