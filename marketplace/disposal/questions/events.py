"""What is asked and answered about goods for sale."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class QuestionAsked(Fact):
    """Somebody of the firm asked about goods for sale. On the firm's own stream: nobody else learns who asked."""

    says: ClassVar[str] = "You asked about %(title)s."
    link: ClassVar[str] = "/auctions/{auction_id}/questions"
    auction_id: UUID
    title: str


@dataclass(frozen=True, kw_only=True)
class QuestionAnswered(Fact):
    """The seller answered a question before all who registered. On the auction."""

    says: ClassVar[str] = "A question about %(title)s was answered."
    tells: ClassVar[frozenset[str]] = frozenset({"buyer"})
    link: ClassVar[str] = "/auctions/{auction_id}/questions"
    auction_id: UUID
    title: str
