"""Margin calls: one at most stands on a deal. And the borrower's objection to one, with the bank's answer."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.exact import half_up
from marketplace.financing.models.deals import PARTIES
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access, roles


class MarginCall(Base):
    """A call for more cover: the figures at its opening never change, its state does. One live call for a deal, by constraint. Who stands behind the loan reads it, as long as it does."""

    __tablename__ = "margin_call"
    __access__ = Access(
        about="deal_id", read=PARTIES | {"guarantor"}, add=roles("bank"), change=roles("borrower", "bank"), counted=True
    )
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


class MarginObjection(Base):
    """The borrower contests a call, once, with a reason and papers from the deal's room; the bank answers, by two people.

    `held_until` and `cure_by_before`: where the terms let it hold the time to cure, until when at most and what the deadline was.
    """

    __tablename__ = "margin_objection"
    __access__ = Access(about="deal_id", read=PARTIES, add=roles("borrower"), change=roles("bank"))
    __table_args__ = (
        ForeignKeyConstraint(["deal_id", "call_id"], ["house.margin_call.deal_id", "house.margin_call.id"]),
        CheckConstraint("ground in ('PRICE', 'QUANTITY', 'CONDITION', 'DEBT')", name="ground"),
        CheckConstraint("because <> ''", name="because"),
        CheckConstraint("(held_until is null) = (cure_by_before is null)", name="held"),
        CheckConstraint(
            "(outcome is null) = (answered_at is null) and (outcome is null) = (answer is null)", name="answered"
        ),
    )

    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    ground: Mapped[str]
    because: Mapped[str]
    documents: Mapped[list[str]] = mapped_column(JSONB)
    raised_by: Mapped[str]
    raised_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    cure_by_before: Mapped[datetime | None]
    outcome: Mapped[str | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]


# The borrower raises an objection at the hour of the house and says nothing of what the bank answers; it is the bank's from then on.
ADDITIONS.append("""
create function house.objection_is_raised() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.raised_at not between gate.now() - interval '1 hour' and gate.now() or coalesce(new.outcome, new.answer) is not null or new.held_until is not null then
    raise exception 'an objection is raised now, and not yet answered' using errcode = '42501';
  end if;
  return new;
end $$;
create function house.objection_is_the_banks() returns trigger language plpgsql set search_path = '' as $$
begin
  if old.outcome is not null or gate.tenant() = old.tenant_id then
    raise exception 'an objection is answered once, by the bank' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger margin_objection_is_raised before insert on house.margin_objection for each row
  execute function house.objection_is_raised();
create trigger margin_objection_is_the_banks before update on house.margin_objection for each row
  execute function house.objection_is_the_banks();
create trigger margin_objection_is_settled before update on house.margin_objection for each row
  execute function house.only_these_change('held_until', 'cure_by_before', 'outcome', 'answer', 'answered_at');
""")
ADDITIONS.append("""
create trigger margin_call_is_settled before update on house.margin_call for each row
  execute function house.only_these_change('status', 'notified_at', 'answer_by', 'cure_by', 'answered_at', 'answer_note', 'expired_at', 'escalated_at', 'closed_at');
create trigger margin_call_steps before update on house.margin_call for each row
  execute function house.borrower_steps('{status,answered_at,answer_note}', '{ACCEPTED,DISPUTED}');
""")
