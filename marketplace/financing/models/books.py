"""A bank's own books: the day for which they are open and how far its close has come, the rates it lends by, the losses it expects."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.financing.models.deals import ONCE, SHARE
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access


class ReferenceRate(Base):
    """A published reference rate, as the bank imported it: LPR1Y, LPR5Y. A share of one; never changed."""

    __tablename__ = "reference_rate"
    __access__ = Access(verbs=ONCE, counted=True)  # the gate counts a bank's, to see whether some are new
    __table_args__ = (CheckConstraint("annual_rate between 0 and 1", name="rate"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    effective_on: Mapped[date] = mapped_column(primary_key=True)
    annual_rate: Mapped[Decimal] = mapped_column(SHARE)
    imported_at: Mapped[datetime]


class LossPolicy(Base):
    """By what shares a bank expects losses: yearly probability of default, loss given default with and without goods, the goods' haircut at a forced sale,
    and the part of the undrawn that is drawn before a default. The newest counts.
    """

    __tablename__ = "loss_policy"
    __access__ = Access(verbs=ONCE)
    __table_args__ = (
        CheckConstraint(
            "least(default_probability, unsecured_loss, secured_loss, haircut, conversion) >= 0", name="low"
        ),
        CheckConstraint(
            "greatest(default_probability, unsecured_loss, secured_loss, haircut, conversion) <= 1", name="high"
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    default_probability: Mapped[Decimal] = mapped_column(SHARE)
    unsecured_loss: Mapped[Decimal] = mapped_column(SHARE)
    secured_loss: Mapped[Decimal] = mapped_column(SHARE)
    haircut: Mapped[Decimal] = mapped_column(SHARE)
    conversion: Mapped[Decimal] = mapped_column(SHARE)
    set_at: Mapped[datetime]


class Books(Base):
    """The day for which a bank's books are open. It moves on when the days before are closed."""

    __tablename__ = "bank_books"
    __access__ = Access()

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    open_on: Mapped[date]


class EndOfDay(Base):
    """The close of a bank's days from `since` to `business_date`, usually one: how far it has come. `after` is the last loan done, so that it goes on where
    it was interrupted. One at most is under way.
    """

    __tablename__ = "end_of_day"
    __access__ = Access()
    __table_args__ = (
        CheckConstraint("status in ('RUNNING', 'STOPPED', 'DONE')", name="status"),
        CheckConstraint("(status = 'DONE') = (finished_at is not null)", name="finished"),
        CheckConstraint("since <= business_date", name="days"),
        Index("uq_end_of_day_open", "tenant_id", unique=True, postgresql_where="status <> 'DONE'"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    business_date: Mapped[date] = mapped_column(primary_key=True)
    since: Mapped[date]
    status: Mapped[str]
    after: Mapped[UUID | None]
    loans: Mapped[int] = mapped_column(default=0)
    accrued: Mapped[int] = mapped_column(default=0)
    fallen_due: Mapped[int] = mapped_column(default=0)
    troubled: Mapped[int] = mapped_column(default=0)
    expected_loss_minor: Mapped[int | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    @property
    def days(self) -> int:
        """How many days it closes."""
        return (self.business_date - self.since).days + 1

    @property
    def expected_loss(self) -> Money | None:
        """The loss to expect of the whole book, told once the day is closed, in yuan; other currencies are counted one for one."""
        return None if self.expected_loss_minor is None else Money(self.expected_loss_minor, "CNY")


class LoanTrouble(Base):
    """A loan whose day could not be closed, and why. It is tried again with every later close; its other days wait for it."""

    __tablename__ = "loan_trouble"
    __access__ = Access()

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    business_date: Mapped[date] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID] = mapped_column(primary_key=True)
    reason: Mapped[str]
    found_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]


ADDITIONS.append("""
create trigger loan_trouble_is_settled before update on house.loan_trouble for each row execute function house.only_these_change('solved_at');
create function house.books_move_on() returns trigger language plpgsql set search_path = '' as $$
begin
  if new.open_on < old.open_on then raise exception 'books move on' using errcode = '42501'; end if;
  return new;
end $$;
create trigger books_move_on before update on house.bank_books for each row execute function house.books_move_on();
create function house.close_is_final() returns trigger language plpgsql set search_path = '' as $$
begin
  -- The loss to expect of the whole book is told once the day is closed, and once.
  if old.status = 'DONE' and (old.expected_loss_minor is not null or to_jsonb(new) - 'expected_loss_minor' is distinct from to_jsonb(old) - 'expected_loss_minor') then
    raise exception 'a closed day stays closed' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger close_is_final before update on house.end_of_day for each row execute function house.close_is_final();
""")
