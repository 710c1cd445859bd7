"""What happens to papers: facts on the stream of the thing that they are about."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class DocumentAdded(Fact):
    """A paper was added to a lot, a deal, a site or a shipment; its hash fixes what it said. For all who hold a grant there."""

    says: ClassVar[str] = "Document %(name)s was added."
    link: ClassVar[str] = "/documents/{document_id}"
    document_id: UUID
    kind: str
    name: str
    sha256: str
    version: int


@dataclass(frozen=True, kw_only=True)
class ConfidentialDocumentAdded(DocumentAdded):
    """A paper about prices or payments was added: told to the parties of the loan alone."""

    audience: ClassVar[frozenset[str] | None] = frozenset({"owner", "borrower", "bank", "core"})
