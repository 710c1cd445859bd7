"""What happens to a member's phone; on the firm's own stream, and never the number."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class PhoneConfirmed(Fact):
    """A member proved to hold a phone: from now on chosen notices are sent there as well."""

    says: ClassVar[str] = "A colleague has notices sent to a phone."
    person_id: UUID


@dataclass(frozen=True, kw_only=True)
class TextSentAgain(Fact):
    """A member had a message that had not gone out sent again."""

    says: ClassVar[str] = "A colleague had a failed text message sent again."
    person_id: UUID
    text_id: UUID


@dataclass(frozen=True, kw_only=True)
class PhoneForgotten(Fact):
    """A member had the phone forgotten: nothing is sent there any more."""

    says: ClassVar[str] = "A colleague has no more notices sent to a phone."
    person_id: UUID
