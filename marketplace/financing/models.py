"""Deals and what belongs to them: the cover everybody in the room may read, and the amounts that only the parties may.

A deal is a room. Its warehouse, supervisor and carrier read the cover and the goods; the request is read by the core enterprise too; terms,
drawdowns, repayments, accruals and margin calls by borrower and bank alone (domain model, section 8). Row security keeps it so.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.exact import half_up
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles

SHARE = Numeric(9, 8)
PARTIES = roles("borrower", "bank")


class DealCover(Base):
    """The cover of a deal's file: parties and stage, no amount. For everybody in the room."""

    __tablename__ = "deal_cover"
    __access__ = Access(about="deal_id", read=roles("*"), change=roles("bank"))
    __table_args__ = (CheckConstraint("stage in ('OPEN', 'SECURED', 'ENFORCING', 'CLOSED')", name="stage"),)

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    bank_id: Mapped[UUID]
    number: Mapped[str]
    stage: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Deal(Base):
    """A request for finance and what became of it. `tenant_id` is the borrower."""

    __tablename__ = "deal"
    __access__ = Access(about="deal_id", read=roles("borrower", "bank", "core"), change=roles("bank"))
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
    """A lot (or part of it) that carries a deal, asked for at the request or as a top-up."""

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

    @property
    def pledged(self) -> Quantity:
        """How much of the lot."""
        return Quantity(self.quantity, self.unit)


class Offer(Base):
    """A bank's terms. `annual_rate` and the lines are shares of one; fees are taken up when the first drawdown is confirmed."""

    __tablename__ = "offer"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), change=roles("borrower", "bank"))
    __table_args__ = (
        Index("uq_offer_accepted", "deal_id", unique=True, postgresql_where="status = 'ACCEPTED'"),
        CheckConstraint("limit_minor > 0 and fee_minor >= 0", name="amounts"),
        CheckConstraint("annual_rate between 0 and 1 and haircut between 0 and 1", name="shares"),
        CheckConstraint("overdue_factor between 1.3 and 1.5", name="overdue"),
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
    day_count: Mapped[str]
    tenor_days: Mapped[int]
    fee_minor: Mapped[int]
    ltv_initial: Mapped[Decimal] = mapped_column(SHARE)
    ltv_warn: Mapped[Decimal] = mapped_column(SHARE)
    ltv_call: Mapped[Decimal] = mapped_column(SHARE)
    ltv_liquidation: Mapped[Decimal] = mapped_column(SHARE)
    haircut: Mapped[Decimal] = mapped_column(SHARE)
    devices_required: Mapped[bool]
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


class ConditionRecord(Base):
    """Evidence for a condition precedent that no other slice can show: insurance, supervised account, registration."""

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
    recorded_at: Mapped[datetime]
    recorder: Mapped[str]


class Drawdown(Base):
    """Money asked for under a deal: requested by the borrower, approved by two at the bank, instructed, confirmed."""

    __tablename__ = "drawdown"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("borrower"), change=roles("bank"))
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(status = 'CONFIRMED') = (bank_reference is not null)", name="confirmed"),
        UniqueConstraint("deal_id", "bank_reference"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    status: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    payee: Mapped[str]
    payee_account: Mapped[str]
    purpose: Mapped[str]
    requested_at: Mapped[datetime]
    instructed_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    bank_reference: Mapped[str | None]
    note: Mapped[str] = mapped_column(default="")

    @property
    def amount(self) -> Money:
        """What is to be paid out, in full: interest is never kept back (Civil Code 670)."""
        return Money(self.amount_minor, self.currency)


class Repayment(Base):
    """Money received from the borrower, and what it paid: fees, then interest, then principal (Civil Code 561)."""

    __tablename__ = "repayment"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=frozenset({"select", "insert"}))
    __table_args__ = (
        UniqueConstraint("deal_id", "reference"),
        CheckConstraint(
            "amount_minor > 0 and amount_minor = fees_minor + interest_minor + principal_minor + over_minor",
            name="allocated",
        ),
        CheckConstraint("least(fees_minor, interest_minor, principal_minor, over_minor) >= 0", name="parts"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    reference: Mapped[str]
    amount_minor: Mapped[int]
    fees_minor: Mapped[int]
    interest_minor: Mapped[int]
    principal_minor: Mapped[int]
    over_minor: Mapped[int]
    currency: Mapped[str]
    received_at: Mapped[datetime]
    posting_id: Mapped[UUID]

    @property
    def amount(self) -> Money:
        """What was received."""
        return Money(self.amount_minor, self.currency)

    @property
    def interest(self) -> Money:
        """What of it paid interest."""
        return Money(self.interest_minor, self.currency)

    @property
    def principal(self) -> Money:
        """What of it paid principal."""
        return Money(self.principal_minor, self.currency)


class AccruedDay(Base):
    """Interest of one business date. `posted_minor` is the rounded running total less what was posted before: rounding happens once.

    The day's exact interest is principal · annual_rate · day_weight / year; a day weighs 1, or 0 to 3 under 30/360.
    """

    __tablename__ = "accrued_day"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), verbs=frozenset({"select", "insert"}))

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    principal_minor: Mapped[int]
    annual_rate: Mapped[Decimal] = mapped_column(Numeric(14, 10))
    day_weight: Mapped[int]
    year: Mapped[int]
    posted_minor: Mapped[int]
    currency: Mapped[str]


class MarginCall(Base):
    """A call for more cover: the figures at its opening never change, its state does. One live call for a deal, by constraint."""

    __tablename__ = "margin_call"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("bank"), change=roles("borrower", "bank"))
    __table_args__ = (
        Index(
            "uq_margin_call_live",
            "deal_id",
            unique=True,
            postgresql_where="status not in ('CURED', 'DEFAULTED', 'CANCELLED')",
        ),
        CheckConstraint("(closed_at is null) = (status not in ('CURED', 'DEFAULTED', 'CANCELLED'))", name="closed"),
        CheckConstraint("outstanding_minor > 0 and market_value_minor >= 0", name="figures"),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    number: Mapped[int]
    status: Mapped[str]
    zone: Mapped[str]
    cause: Mapped[str]
    valuation_id: Mapped[UUID]
    outstanding_minor: Mapped[int]
    market_value_minor: Mapped[int]
    cash_minor: Mapped[int]
    goods_minor: Mapped[int]
    currency: Mapped[str]
    opened_at: Mapped[datetime]
    notified_at: Mapped[datetime | None]
    answer_by: Mapped[datetime]
    cure_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer_note: Mapped[str] = mapped_column(default="")
    expired_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def outstanding(self) -> Money:
        """The debt when it was opened."""
        return Money(self.outstanding_minor, self.currency)

    @property
    def market_value(self) -> Money:
        """The goods' value when it was opened."""
        return Money(self.market_value_minor, self.currency)

    @property
    def ltv(self) -> Decimal | None:
        """The loan-to-value that opened it, to eight decimals; None where the goods were worth nothing."""
        return half_up(self.outstanding.ratio(self.market_value), 8) if self.market_value_minor else None

    @property
    def cash(self) -> Money:
        """Cash that would have cured it then."""
        return Money(self.cash_minor, self.currency)

    @property
    def goods(self) -> Money:
        """Goods of this value that would have cured it then."""
        return Money(self.goods_minor, self.currency)


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
  execute function house.only_these_change('status', 'offer_id', 'matures_on', 'closed_at');
create trigger deal_cover_is_settled before update on house.deal_cover for each row
  execute function house.only_these_change('stage', 'closed_at');
create trigger deal_goods_are_settled before update on house.deal_goods for each row
  execute function house.only_these_change('quantity', 'added_at', 'is_top_up');
create trigger offer_is_settled before update on house.offer for each row
  execute function house.only_these_change('status', 'closed_at');
create trigger drawdown_is_settled before update on house.drawdown for each row
  execute function house.only_these_change('status', 'instructed_at', 'confirmed_at', 'bank_reference', 'note');
create trigger margin_call_is_settled before update on house.margin_call for each row
  execute function house.only_these_change('status', 'notified_at', 'answer_by', 'cure_by', 'answered_at', 'answer_note', 'expired_at', 'escalated_at', 'closed_at');
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
create trigger drawdown_steps before update on house.drawdown for each row
  execute function house.borrower_steps('{status}', '{}');
create trigger margin_call_steps before update on house.margin_call for each row
  execute function house.borrower_steps('{status,answered_at,answer_note}', '{ACCEPTED,DISPUTED}');
""")
