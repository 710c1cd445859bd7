"""Undertakings and what is entered under them: read by the bank, the core enterprise and the borrower of the deal."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

PARTIES = roles("bank", "core", "borrower")
WRITERS = roles("bank", "core")


class Guarantee(Base):
    """One undertaking of the core enterprise towards the bank of a deal, up to `amount`, until its last day. `tenant_id` is the bank."""

    __tablename__ = "guarantee"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), change=WRITERS)
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("claimed_minor between 1 and amount_minor", name="claimed"),
        CheckConstraint("pay_days between 1 and 60", name="pay_days"),
        CheckConstraint("kind in ('BUY_BACK', 'DIFFERENTIAL_REFUND', 'CONFIRMED_WAREHOUSE', 'RECEIVABLE_CONFIRMATION')", name="kind"),
        CheckConstraint("status in ('ASKED', 'GIVEN', 'DECLINED', 'WITHDRAWN', 'CLAIMED', 'PAID', 'DISCHARGED')", name="status"),
    )  # fmt: skip

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    core_id: Mapped[UUID]
    borrower_id: Mapped[UUID]
    number: Mapped[str]
    deal_number: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    until: Mapped[date]
    pay_days: Mapped[int]
    subject: Mapped[str]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer_note: Mapped[str | None]
    claimed_minor: Mapped[int | None]
    claimed_at: Mapped[datetime | None]
    pay_by: Mapped[date | None]
    ended_at: Mapped[datetime | None]

    @property
    def amount(self) -> Money:
        """The most that is owed under it."""
        return Money(self.amount_minor, self.currency)

    @property
    def claimed(self) -> Money | None:
        """What the bank has claimed."""
        return None if self.claimed_minor is None else Money(self.claimed_minor, self.currency)


class GuaranteeEntry(Base):
    """A deposit, a delivery notice, a delivery or a payment under an undertaking; never changed. `tenant_id` entered it."""

    __tablename__ = "guarantee_entry"
    __access__ = Access(about="deal_id", read=PARTIES, add=WRITERS, verbs=frozenset({"select", "insert"}))
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("kind in ('DEPOSIT', 'NOTICE', 'DELIVERY', 'PAYMENT')", name="kind"),
        UniqueConstraint("deal_id", "guarantee_id", "kind", "reference"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    guarantee_id: Mapped[UUID]
    tenant_id: Mapped[UUID]
    kind: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    reference: Mapped[str]
    entered_by: Mapped[str]
    entered_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.amount_minor, self.currency)


class ExtensionConsent(Base):
    """Whether an undertaking covers a loan that is to run until `loan_until`: it would stand until `until`. `tenant_id` is the bank, which asks; the core enterprise answers."""

    __tablename__ = "extension_consent"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), change=WRITERS)
    __table_args__ = (
        Index("uq_extension_consent_asked", "deal_id", "guarantee_id", unique=True, postgresql_where="status = 'ASKED'"),
        CheckConstraint("status in ('ASKED', 'CONSENTED', 'REFUSED', 'WITHDRAWN')", name="status"),
        CheckConstraint("(status in ('CONSENTED', 'REFUSED')) = (answered_at is not null)", name="answered"),
    )  # fmt: skip

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    guarantee_id: Mapped[UUID]
    core_id: Mapped[UUID]
    number: Mapped[str]
    loan_until: Mapped[date]
    until: Mapped[date]
    because: Mapped[str]
    status: Mapped[str]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer_note: Mapped[str | None]


# The bank asks, and asks no more; the core enterprise alone answers, once.
ADDITIONS.append("""
create function house.extension_is_consented() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' and new.status <> 'ASKED' or tg_op = 'UPDATE' and (old.status <> 'ASKED' or gate.tenant() <> case new.status when 'WITHDRAWN' then old.tenant_id else old.core_id end) then
    raise exception 'a consent is asked by the bank and answered once, by who stands behind the loan' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger extension_consent_is_answered before insert or update on house.extension_consent for each row
  execute function house.extension_is_consented();
create trigger extension_consent_is_settled before update on house.extension_consent for each row
  execute function house.only_these_change('status', 'answered_at', 'answer_note');
""")
