"""Four eyes: one mechanism for every act that takes a maker and a different checker.

A maker proposes; a checker approves or rejects; what the act does on approval is given by the slice that owns it (`@upon_approval`). That maker
and checker differ is asked here, and enforced by the database too: the row's makers and checkers are set from the verified context.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, new_id
from tenants.errors import Conflict, NotAllowed, NotFound
from tenants.permissions import FOUR_EYES
from tenants.policies import ADDITIONS, Access
from tenants.workspace import Workspace


class Approval(Base):
    """A proposal waiting for its checker, or what became of it: approved, rejected, or lapsed with what it was about."""

    __tablename__ = "approval"
    __access__ = Access(counted=True)  # acts that the database itself carries out ask whether two people agreed
    __table_args__ = (
        CheckConstraint("checked_by <> made_by", name="four_eyes"),
        CheckConstraint("(decision is null or decision = 'lapsed') = (checked_by is null)", name="decided"),
        Index(None, "tenant_id", "made_at", postgresql_where="decision is null"),
        Index("uq_approval_waiting", "tenant_id", "act", "subject_id", unique=True, postgresql_where="decision is null"),
    )  # fmt: skip

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    act: Mapped[str]
    subject_id: Mapped[UUID]
    summary: Mapped[dict[str, Any]]
    payload: Mapped[dict[str, Any]]
    made_by: Mapped[UUID] = mapped_column(server_default=FetchedValue())
    maker: Mapped[str]
    made_at: Mapped[datetime]
    checked_by: Mapped[UUID | None] = mapped_column(server_default=FetchedValue())
    checker: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    note: Mapped[str | None]


# The database, not the application, says who made and who checked.
ADDITIONS.append("""
create function house.approval_hands() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    new.made_by := gate.person(); new.checked_by := null; new.decision := null;
  else
    if old.decision is not null then raise exception 'decided approvals do not change' using errcode = '42501'; end if;
    if (new.tenant_id, new.id, new.act, new.subject_id, new.summary, new.payload, new.made_by, new.made_at) is distinct from
       (old.tenant_id, old.id, old.act, old.subject_id, old.summary, old.payload, old.made_by, old.made_at) then
      raise exception 'a proposal does not change' using errcode = '42501';
    end if;
    if (new.decision = 'lapsed') <> (gate.actor() like 'system:%') then raise exception 'people approve or reject' using errcode = '42501'; end if;
    new.checked_by := case when new.decision <> 'lapsed' then gate.person() end;
  end if;
  return new;
end $$;
create trigger approval_hands before insert or update on house.approval for each row execute function house.approval_hands();
""")

Carry = Callable[[Workspace, Approval], None]
Among = Callable[[Workspace, Approval], bool]
ON_APPROVAL: dict[str, Carry] = {}
ON_REJECTION: dict[str, Carry] = {}
ONLY_BY: dict[str, Among] = {}


def upon_approval(act: str) -> Callable[[Carry], Carry]:
    """Register what an act does once it is approved, in the checker's transaction."""
    assert act in FOUR_EYES, f"{act} is not a four-eyes act"

    def register(carry: Carry) -> Carry:
        ON_APPROVAL[act] = carry
        return carry

    return register


def upon_rejection(act: str) -> Callable[[Carry], Carry]:
    """Register what is undone when an act is rejected."""

    def register(carry: Carry) -> Carry:
        ON_REJECTION[act] = carry
        return carry

    return register


def only_by(*acts: str) -> Callable[[Among], Among]:
    """Register who, of those whose role may check these acts, decides a proposal; asked after maker and checker differ."""
    assert set(acts) <= set(FOUR_EYES), f"{acts} are not four-eyes acts"

    def register(among: Among) -> Among:
        ONLY_BY.update(dict.fromkeys(acts, among))
        return among

    return register


def propose(ws: Workspace, act: str, *, subject_id: UUID, summary: dict[str, Any], **payload: Any) -> Approval:
    """Put an act before a checker, `summary` being the sentence by which it is known. Refuses a second proposal of the same act upon the same subject while one is open."""
    ws.may(FOUR_EYES[act][0])
    assert not ws.member.is_system, "the system proposes nothing: people do"
    same = select(Approval).where(Approval.act == act, Approval.subject_id == subject_id, Approval.decision.is_(None))
    if ws.session.scalars(same.where(Approval.tenant_id == ws.tenant_id)).first():
        raise Conflict("already_proposed", "This is already waiting for a second pair of eyes.")
    approval = Approval(
        tenant_id=ws.tenant_id,
        id=new_id(),
        act=act,
        subject_id=subject_id,
        summary=summary,
        payload=payload,
        maker=ws.member.name,
        made_at=ws.now,
    )
    ws.session.add(approval)
    ws.session.flush()
    return approval


def decide(ws: Workspace, approval_id: UUID, *, approve: bool, note: str = "") -> Approval:
    """Approve or reject as the second pair of eyes. Refuses the maker, a role or person that may not check, and what is already decided."""
    approval = ws.session.get(Approval, (ws.tenant_id, approval_id), with_for_update=True)
    if approval is None:
        raise NotFound("approval_unknown", "There is no such proposal.")
    ws.may(FOUR_EYES[approval.act][1])
    if approval.decision:
        raise Conflict("already_decided", "This proposal is already decided.")
    if approval.made_by == ws.person_id:
        raise NotAllowed("same_eyes", "You proposed this yourself: a colleague has to decide.")
    if not _is_among(ws, approval):
        raise NotAllowed("not_yours_to_decide", "Colleagues of yours decide this.")
    approval.decision, approval.checker, approval.checked_at, approval.note = (
        ("approved" if approve else "rejected"),
        ws.member.name,
        ws.now,
        note,
    )
    ws.session.flush()
    registry = ON_APPROVAL if approve else ON_REJECTION
    if approval.act in registry:
        registry[approval.act](ws, approval)
    return approval


def lapse(ws: Workspace, act: str, subject_id: UUID) -> list[Approval]:
    """End what waits of this act upon this subject: what it was about is over, so there is nothing left to decide. By the house itself; gives what lapsed."""
    assert ws.member.is_system, "people approve or reject"
    found = [one for one in waiting(ws) if one.act == act and one.subject_id == subject_id]
    for one in found:
        one.decision, one.checked_at = "lapsed", ws.now
    ws.session.flush()
    return found


def waiting(ws: Workspace) -> list[Approval]:
    """Proposals of this tenant that wait for a checker, oldest first."""
    rows = ws.session.scalars(
        select(Approval)
        .where(Approval.tenant_id == ws.tenant_id, Approval.decision.is_(None))
        .order_by(Approval.made_at)
    )
    return list(rows)


def to_decide(ws: Workspace) -> list[Approval]:
    """Those that this very member may decide: proposed by somebody else, and within the member's role."""
    return [
        one
        for one in waiting(ws)
        if one.made_by != ws.person_id and ws.can(FOUR_EYES[one.act][1]) and _is_among(ws, one)
    ]


def _is_among(ws: Workspace, approval: Approval) -> bool:
    among = ONLY_BY.get(approval.act)
    return among is None or among(ws, approval)


def decided(ws: Workspace, *, limit: int = 50) -> list[Approval]:
    """What was decided in this tenant, latest first."""
    rows = ws.session.scalars(
        select(Approval)
        .where(Approval.tenant_id == ws.tenant_id, Approval.decision.is_not(None))
        .order_by(Approval.checked_at.desc(), Approval.id.desc())
        .limit(limit)
    )
    return list(rows)
