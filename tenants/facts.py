"""What happens to a firm's people and rights. Who they are stays in rows that can be erased: the chain, which cannot be, holds ids alone."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from tenants.events import Fact


@dataclass(frozen=True, kw_only=True)
class FirmAdmitted(Fact):
    """The platform's operator let an organisation in."""

    says: ClassVar[str] = "%(name)s was admitted to the platform."
    link: ClassVar[str] = "/organisations"
    organisation_id: UUID
    name: str
    kinds: list[str]


@dataclass(frozen=True, kw_only=True)
class MemberInvited(Fact):
    """An administrator invited somebody into the firm."""

    says: ClassVar[str] = "A colleague was invited as %(jobs)s."
    link: ClassVar[str] = "/members"
    invitation_id: UUID
    jobs: list[str]


@dataclass(frozen=True, kw_only=True)
class MemberJoined(Fact):
    """Somebody accepted their invitation: from now on they may act for the firm."""

    says: ClassVar[str] = "A colleague joined as %(jobs)s."
    link: ClassVar[str] = "/members"
    member_id: UUID
    jobs: list[str]


@dataclass(frozen=True, kw_only=True)
class JobsChanged(Fact):
    """An administrator gave a colleague other jobs: what they may do changed with it."""

    says: ClassVar[str] = "The jobs of a colleague changed from %(before)s to %(jobs)s."
    link: ClassVar[str] = "/members"
    member_id: UUID
    before: list[str]
    jobs: list[str]


@dataclass(frozen=True, kw_only=True)
class MembershipEnded(Fact):
    """An administrator took somebody's place in the firm away."""

    says: ClassVar[str] = "The membership of a colleague ended."
    link: ClassVar[str] = "/members"
    member_id: UUID


@dataclass(frozen=True, kw_only=True)
class TokenIssued(Fact):
    """A person made an API token: a program may act for them within its scopes."""

    says: ClassVar[str] = "An API token with %(rights)s rights was issued for %(days)s days."
    link: ClassVar[str] = "/profile/security"
    token_id: UUID
    rights: int
    scopes: list[str]
    days: int
