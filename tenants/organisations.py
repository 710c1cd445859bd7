"""Organisations: the firms that take part, and their kinds."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column
from stdnum import lei
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from tenants.database import Base
from tenants.errors import Invalid, NotFound
from tenants.policies import Access


class Kind(StrEnum):
    """What a firm is in the trade; one firm may be several (domain model, section 2)."""

    SME = "SME"
    BANK = "BANK"
    CORE_ENTERPRISE = "CORE_ENTERPRISE"
    SUPERVISOR = "SUPERVISOR"
    WAREHOUSE_OPERATOR = "WAREHOUSE_OPERATOR"
    LOGISTICS = "LOGISTICS"
    BUYER = "BUYER"
    AUCTIONEER = "AUCTIONEER"
    INSURER = "INSURER"
    APPRAISER = "APPRAISER"
    PLATFORM = "PLATFORM"
    REGULATOR = "REGULATOR"


class Organisation(Base):
    """A firm's public entry in the register: name, kinds, codes. Everything else about it is its own."""

    __tablename__ = "organisation"
    __access__ = Access(own=False, everyone=True, verbs=frozenset({"select"}), custodian=True)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    kinds: Mapped[list[str]]
    uscc: Mapped[str | None] = mapped_column(unique=True)
    lei: Mapped[str | None] = mapped_column(unique=True)
    city: Mapped[str | None]
    admitted_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]


def checked_codes(uscc_code: str | None, lei_code: str | None) -> tuple[str | None, str | None]:
    """The unified social credit code (GB 32100-2015) and LEI (ISO 17442), in their compact form.

    Refuses a wrong length, letter or check character, and a firm with neither.
    """
    if not uscc_code and not lei_code:
        raise Invalid("code_missing", "Give the unified social credit code or the LEI.", field="uscc")
    try:
        credit = uscc.validate(uscc_code) if uscc_code else None
    except ValidationError as wrong:
        raise Invalid("uscc_wrong", "This is not a valid unified social credit code.", field="uscc") from wrong
    try:
        entity = lei.validate(lei_code) if lei_code else None
    except ValidationError as wrong:
        raise Invalid("lei_wrong", "This is not a valid LEI.", field="lei") from wrong
    return credit, entity


def checked_kinds(kinds: list[str]) -> list[str]:
    """Kinds as stored; refuses an unknown one, an empty list, and the platform's own kind."""
    known = {kind.value for kind in Kind} - {Kind.PLATFORM}
    if not kinds or set(kinds) - known:
        raise Invalid("kinds_unknown", "Choose at least one kind of organisation from the list.", field="kinds")
    return sorted(set(kinds))


def find_organisation(session: Session, organisation_id: UUID) -> Organisation:
    """The public entry of a firm."""
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound("organisation_unknown", "There is no such organisation.")
    return found


def organisations_of_kind(session: Session, kind: Kind) -> list[Organisation]:
    """Everyone in the register of this kind, by name: whom a firm may choose as its bank, warehouse or carrier."""
    rows = session.scalars(select(Organisation).where(Organisation.suspended_at.is_(None)).order_by(Organisation.name))
    return [row for row in rows if kind in row.kinds]


def all_organisations(session: Session) -> list[Organisation]:
    """The whole register, by name."""
    return list(session.scalars(select(Organisation).order_by(Organisation.name)))
