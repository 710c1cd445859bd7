"""Credit approval: the bank's ladder of stages, and who decided what on which deal. The bank's own rows: its people and its auditors read them, nobody else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.financing.models.deals import ONCE
from marketplace.money import Money
from tenants.database import Base
from tenants.policies import ADDITIONS, Access


class CreditStage(Base):
    """One stage of one version of a bank's ladder; the newest version counts. `limit_minor`: the most that it may approve, None for any amount.

    `people`: the ids of those who decide in it.
    """

    __tablename__ = "credit_stage"
    __access__ = Access(verbs=ONCE)
    __table_args__ = (CheckConstraint("stage >= 1 and (limit_minor is null or limit_minor > 0)", name="limit"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    stage: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    limit_minor: Mapped[int | None]
    currency: Mapped[str]
    people: Mapped[list[str]]
    set_at: Mapped[datetime]

    @property
    def limit(self) -> Money | None:
        """The most that it may approve."""
        return None if self.limit_minor is None else Money(self.limit_minor, self.currency)


class CreditDecision(Base):
    """One person's part in the approval of a deal: stage 0 put it forward, the others approved or refused. Each stage is another person. Never changed."""

    __tablename__ = "credit_decision"
    __access__ = Access(verbs=ONCE)
    __table_args__ = (
        CheckConstraint("decision in ('PROPOSED', 'APPROVED', 'REJECTED')", name="decision"),
        CheckConstraint("(stage = 0) = (decision = 'PROPOSED')", name="proposed"),
        UniqueConstraint("tenant_id", "deal_id", "stage"),
        UniqueConstraint("tenant_id", "deal_id", "person_id", name="uq_credit_decision_each_another"),
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    deal_id: Mapped[UUID]
    stage: Mapped[int]
    stage_name: Mapped[str]
    decision: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str]
    approval_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(server_default=FetchedValue())
    person: Mapped[str]
    decided_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        """The limit that was decided upon."""
        return Money(self.amount_minor, self.currency)


# Who decided is said by the database, from the verified context, as for every approval (tenants/approvals.py).
ADDITIONS.append("""
create function house.credit_hands() returns trigger language plpgsql set search_path = '' as $$
begin
  new.person_id := gate.person();
  return new;
end $$;
create trigger credit_hands before insert on house.credit_decision for each row execute function house.credit_hands();
""")

# A deal above a stage's limit is not approved before the next has decided, whatever the application does.
ADDITIONS.append("""
create function house.approved_by_its_stages() returns trigger language plpgsql set search_path = '' as $$
declare ladder int; needed int; given int; agreed bigint;
begin
  if new.status <> 'APPROVED' or old.status = 'APPROVED' then return new; end if;
  select max(version) into ladder from house.credit_stage where tenant_id = new.bank_id;
  if ladder is null then return new; end if;
  select limit_minor into agreed from house.offer where deal_id = new.deal_id and id = new.offer_id;
  select min(stage) into needed from house.credit_stage
   where tenant_id = new.bank_id and version = ladder and (limit_minor is null or limit_minor >= agreed);
  select count(*) into given from house.credit_decision
   where tenant_id = new.bank_id and deal_id = new.deal_id and decision = 'APPROVED';
  if needed is null or given < needed then
    raise exception 'the stages of this deal are not complete' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger approved_by_its_stages before update on house.deal for each row execute function house.approved_by_its_stages();
""")
