"""The register of owners: who has which part of a firm of the house, or controls it."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base
from tenants.ownership import constraints
from tenants.policies import ADDITIONS, Access, roles

ADDITIONS.extend(constraints.STATEMENTS)


class Stake(Base):
    """One owner's shares in a firm, or one kind of control over it, as the platform found it at admission. Ended, never deleted.

    `firm_id`: the firm that is owned; it reads its own entries and may object. `owner_key`: the owner's id where it is a firm of the house, else `USCC:` or
    `LEI:` with the code, or `PERSON:` with the mark of an identity number. `percent` of the shares, for shares alone. In force while `until` is null.
    """

    __tablename__ = "stake"
    __access__ = Access(about="id", read=roles("firm"), change=roles("firm"), counted=True)
    __table_args__ = (
        CheckConstraint("kind in ('SHARES', 'LEGAL_REPRESENTATIVE', 'ACTUAL_CONTROLLER', 'PARENT')", name="kind"),
        CheckConstraint("(kind = 'SHARES') = (percent is not null) and percent > 0 and percent <= 100", name="percent"),
        CheckConstraint("until >= since", name="times"),
        CheckConstraint("owner_key <> firm_id::text", name="not_itself"),
        CheckConstraint("(objection is null) = (objected_at is null)", name="objection"),
        Index("uq_stake_in_force", "tenant_id", "firm_id", "owner_key", "kind", unique=True, postgresql_where="until is null"),
        Index("ix_stake_firm", "firm_id", postgresql_where="until is null"),
        Index("ix_stake_owner", "owner_key", postgresql_where="until is null"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    firm_id: Mapped[UUID]
    firm_name: Mapped[str]
    owner_key: Mapped[str]
    owner_name: Mapped[str]
    kind: Mapped[str]
    percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    since: Mapped[date]
    until: Mapped[date | None]
    evidence: Mapped[str]
    entered_by: Mapped[str]
    checked_by: Mapped[str]
    entered_at: Mapped[datetime]
    objection: Mapped[str | None]
    objected_at: Mapped[datetime | None]
