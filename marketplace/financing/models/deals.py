"""Deals and what belongs to them: the cover everybody in the room may read, and the amounts that only the parties may.

A deal is a room. Its warehouse, supervisor and carrier read the cover and the goods; the request is read by the core enterprise too; terms,
drawdowns, repayments, accruals and margin calls by borrower and bank alone (domain model, section 8). Row security keeps it so.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

SHARE = Numeric(9, 8)
PARTIES = roles("borrower", "bank")
ONCE = frozenset({"select", "insert"})  # what was found is never changed


class DealCover(Base):
    """The cover of a deal's file: parties and stage, no amount. For everybody in the room."""

    __tablename__ = "deal_cover"
    __access__ = Access(about="deal_id", read=roles("*"), change=roles("bank"), counted=True)
    __table_args__ = (CheckConstraint("stage in ('OPEN', 'SECURED', 'ENFORCING', 'CLOSED')", name="stage"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    bank_id: Mapped[UUID]
    number: Mapped[str]
    stage: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Deal(Base):
    """A request for finance and what became of it. `tenant_id` is the borrower. `unvalued_since`: from when on its goods could not be valued, while they cannot."""

    __tablename__ = "deal"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank", "core"), change=roles("bank"), counted=True)
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("tenor_days between 1 and 1830", name="tenor"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    bank_id: Mapped[UUID]
    core_id: Mapped[UUID | None]
    number: Mapped[str]
    status: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    tenor_days: Mapped[int]
    purpose: Mapped[str]
    requested_at: Mapped[datetime]
    offer_id: Mapped[UUID | None]
    matures_on: Mapped[date | None]
    unvalued_since: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def id(self) -> UUID:
        """The room's id."""
        return self.deal_id

    @property
    def borrower_id(self) -> UUID:
        """Who borrows."""
        return self.tenant_id

    @property
    def amount(self) -> Money:
        """What was asked for."""
        return Money(self.amount_minor, self.currency)


class DealGoods(Base):
    """A lot (or part of it) that carries a deal, asked for at the request or as a top-up. `items`: which of a serialised lot's, where they were chosen."""

    __tablename__ = "deal_goods"
    __access__ = Access(about="deal_id", read=roles("*"), change=roles("bank"))
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    added_at: Mapped[datetime]
    is_top_up: Mapped[bool] = mapped_column(default=False)
    items: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))

    @property
    def chosen(self) -> list[UUID] | None:
        """The items that were chosen, if any were."""
        return None if self.items is None else [UUID(one) for one in self.items]

    @property
    def pledged(self) -> Quantity:
        """How much of the lot."""
        return Quantity(self.quantity, self.unit)


class Offer(Base):
    """A bank's terms. `annual_rate` and the lines are shares of one; fees are taken up when the first drawdown is confirmed.

    `premium`, and `storage` and `supervision` a month: what the terms make the borrower pay to others. It is told, and no part of the debt.
    """

    __tablename__ = "offer"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), change=roles("borrower", "bank"))
    __table_args__ = (
        Index("uq_offer_accepted", "deal_id", unique=True, postgresql_where="status = 'ACCEPTED'"),
        CheckConstraint(
            "limit_minor > 0 and least(fee_minor, premium_minor, storage_minor, supervision_minor) >= 0",
            name="amounts",
        ),
        CheckConstraint("annual_rate between 0 and 1 and haircut between 0 and 1", name="shares"),
        CheckConstraint("overdue_factor between 1.3 and 1.5", name="overdue"),
        CheckConstraint("misuse_factor between 1.5 and 2", name="misuse"),
        CheckConstraint("repayment_plan in ('BULLET', 'INTEREST_ONLY', 'LEVEL', 'EQUAL_PRINCIPAL')", name="plan"),
        CheckConstraint(
            "grace_days between 0 and 30 and reset_months between 0 and 12 and objection_days between 0 and 5",
            name="days",
        ),
        CheckConstraint(
            "0 < ltv_initial and ltv_initial <= ltv_warn and ltv_warn <= ltv_call and ltv_call <= ltv_liquidation and ltv_liquidation <= 1",
            name="lines",
        ),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    status: Mapped[str]
    limit_minor: Mapped[int]
    currency: Mapped[str]
    annual_rate: Mapped[Decimal] = mapped_column(SHARE)
    overdue_factor: Mapped[Decimal] = mapped_column(Numeric(3, 2))
    misuse_factor: Mapped[Decimal] = mapped_column(Numeric(3, 2), default=Decimal(2))
    day_count: Mapped[str]
    tenor_days: Mapped[int]
    fee_minor: Mapped[int]
    premium_minor: Mapped[int] = mapped_column(default=0)
    storage_minor: Mapped[int] = mapped_column(default=0)
    supervision_minor: Mapped[int] = mapped_column(default=0)
    ltv_initial: Mapped[Decimal] = mapped_column(SHARE)
    ltv_warn: Mapped[Decimal] = mapped_column(SHARE)
    ltv_call: Mapped[Decimal] = mapped_column(SHARE)
    ltv_liquidation: Mapped[Decimal] = mapped_column(SHARE)
    haircut: Mapped[Decimal] = mapped_column(SHARE)
    devices_required: Mapped[bool]
    repayment_plan: Mapped[str] = mapped_column(default="BULLET")
    reference_code: Mapped[str] = mapped_column(default="")  # empty: the rate is fixed
    spread: Mapped[Decimal] = mapped_column(SHARE, default=Decimal(0))
    reset_months: Mapped[int] = mapped_column(default=0)  # nothing: with each new reference rate
    grace_days: Mapped[int] = mapped_column(default=0)
    objection_days: Mapped[int] = mapped_column(default=0)
    compounds: Mapped[bool] = mapped_column(default=True)
    principal_first: Mapped[bool] = mapped_column(default=False)
    conditions: Mapped[list[str]]
    valid_until: Mapped[datetime]
    offered_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    @property
    def limit(self) -> Money:
        """The most that may be drawn."""
        return Money(self.limit_minor, self.currency)

    @property
    def fee(self) -> Money:
        """The arrangement fee."""
        return Money(self.fee_minor, self.currency)

    @property
    def premium(self) -> Money:
        """The premium for the goods, for the term."""
        return Money(self.premium_minor, self.currency)

    @property
    def storage(self) -> Money:
        """Storage, for each month begun."""
        return Money(self.storage_minor, self.currency)

    @property
    def supervision(self) -> Money:
        """Supervision, for each month begun."""
        return Money(self.supervision_minor, self.currency)


class ConditionRecord(Base):
    """Evidence for a condition precedent: insurance, supervised account, a core enterprise's undertaking. `is_gone`: what was shown stands no more."""

    __tablename__ = "condition_record"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=frozenset({"select", "insert"}))
    __table_args__ = (CheckConstraint("reference <> '' or waived_because <> ''", name="evidence"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    kind: Mapped[str]
    reference: Mapped[str]
    waived_because: Mapped[str]
    valid_until: Mapped[date | None]
    document_id: Mapped[UUID | None]
    is_gone: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime]
    recorder: Mapped[str]


# What was agreed, asked for or found is never rewritten: a status moves on, the figures stay. Row security knows rows, not columns; this does.
ADDITIONS.append("""
create function house.only_these_change() returns trigger language plpgsql set search_path = '' as $$
begin
  if (to_jsonb(new) - tg_argv) is distinct from (to_jsonb(old) - tg_argv) then
    raise exception '% is settled: only % may change', tg_table_name, tg_argv using errcode = '42501';
  end if;
  return new;
end $$;
create trigger deal_is_settled before update on house.deal for each row
  execute function house.only_these_change('status', 'offer_id', 'matures_on', 'unvalued_since', 'closed_at');
create trigger deal_cover_is_settled before update on house.deal_cover for each row
  execute function house.only_these_change('stage', 'closed_at');
create trigger deal_goods_are_settled before update on house.deal_goods for each row
  execute function house.only_these_change('quantity', 'added_at', 'is_top_up', 'items');
create trigger offer_is_settled before update on house.offer for each row
  execute function house.only_these_change('status', 'closed_at');
""")

# The borrower's few steps: it may accept and withdraw, answer a call, and nothing that only a bank may say (invariant 43).
ADDITIONS.append("""
create function house.borrower_steps() returns trigger language plpgsql set search_path = '' as $$
declare bank uuid; changed text[] := tg_argv[0]::text[]; states text[] := tg_argv[1]::text[];
begin
  select d.bank_id into bank from house.deal d where d.deal_id = old.deal_id;
  if gate.tenant() = bank then return new; end if;
  if (to_jsonb(new) - changed) is distinct from (to_jsonb(old) - changed) or not (new.status = any(states)) then
    raise exception 'this step on a % is not yours', tg_table_name using errcode = '42501';
  end if;
  return new;
end $$;
create trigger deal_steps before update on house.deal for each row
  execute function house.borrower_steps('{status,offer_id,closed_at}', '{TERM_SHEET,WITHDRAWN}');
create trigger offer_steps before update on house.offer for each row
  execute function house.borrower_steps('{status,closed_at}', '{ACCEPTED,LAPSED}');
""")
