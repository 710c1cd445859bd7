"""Members: the people of a firm and their jobs; invitations; sessions and API tokens of a person."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.facts import FirmAdmitted, JobsChanged, MemberInvited, MembershipEnded, TokenIssued
from tenants.organisations import checked_codes, checked_kinds
from tenants.permissions import PERMISSIONS, Job
from tenants.policies import ADDITIONS, Access
from tenants.workspace import Workspace

INVITATION_LIFE = timedelta(days=7)


class Member(Base):
    """A person's place in a firm."""

    __tablename__ = "member"
    __access__ = Access(verbs=frozenset({"select", "update"}), custodian=True)
    __table_args__ = (Index(None, "person_id"),)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    jobs: Mapped[list[str]]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


# A member's row is changed by an administrator of the same firm, or by the gate itself; never by whoever merely reached the table.
ADDITIONS.append("""
create function house.member_hands() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_user <> 'bailee_context' and not gate.may_administer() then
    raise exception 'only an administrator changes members' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger member_hands before update on house.member for each row execute function house.member_hands();
""")


def new_token(prefix: str) -> tuple[str, bytes]:
    """A secret of 256 bits and the hash under which the gate knows it. The prefix lets secret scanners recognise a leak."""
    token = f"{prefix}_{secrets.token_urlsafe(32)}"
    return token, hashlib.sha256(token.encode()).digest()


def list_members(ws: Workspace) -> list[Member]:
    """The firm's people, those who left last."""
    rows = ws.session.scalars(
        select(Member).where(Member.tenant_id == ws.tenant_id).order_by(Member.ended_at.is_not(None), Member.name)
    )
    return list(rows)


def find_member(ws: Workspace, person_id: UUID) -> Member:
    """One of the firm's people."""
    member = ws.session.get(Member, (ws.tenant_id, person_id))
    if member is None:
        raise NotFound("member_unknown", "There is no such member.")
    return member


def invite_member(ws: Workspace, *, email: str, jobs: list[str], tenant_id: UUID | None = None) -> str:
    """Invite somebody into the firm with these jobs. Returns the one-time token that the letter carries; it lives seven days."""
    ws.may("administer_members")
    _check_jobs(jobs)
    if "@" not in email or len(email) > 254:
        raise Invalid("email_wrong", "This is not an e-mail address.", field="email")
    token, token_hash = new_token("inv")
    expires = datetime.now().astimezone() + INVITATION_LIFE
    invite = select(func.gate.invite(token_hash, email, jobs, tenant_id or ws.tenant_id, expires))
    invitation_id = ws.session.execute(invite).scalar_one()
    ws.record(MemberInvited(invitation_id=invitation_id, jobs=jobs), on=ws.tenant_id)
    return token


def set_jobs(ws: Workspace, person_id: UUID, jobs: list[str]) -> None:
    """Give a colleague other jobs. Refuses one's own: nobody widens their own rights."""
    ws.may("administer_members")
    _check_jobs(jobs)
    member = _colleague(ws, person_id)
    if person_id == ws.person_id:
        raise NotAllowed("own_jobs", "You cannot change your own jobs.")
    ws.record(JobsChanged(member_id=person_id, before=member.jobs, jobs=jobs), on=ws.tenant_id)
    member.jobs = jobs


def end_membership(ws: Workspace, person_id: UUID) -> None:
    """Take somebody's place in the firm away; their sessions end with their next request. Refuses one's own, so that a firm keeps an administrator."""
    ws.may("administer_members")
    member = _colleague(ws, person_id)
    if person_id == ws.person_id:
        raise NotAllowed("own_membership", "You cannot end your own membership.")
    if member.ended_at is not None:
        raise Conflict("membership_ended", "This membership has ended already.")
    member.ended_at = ws.now
    ws.record(MembershipEnded(member_id=person_id), on=ws.tenant_id)


def _colleague(ws: Workspace, person_id: UUID) -> Member:
    """One of the firm's people, to be changed. One's own place is held with it, so that of two administrators who take each other's rights at once one keeps them."""
    both = select(Member).where(Member.tenant_id == ws.tenant_id, Member.person_id.in_((person_id, ws.person_id)))
    held = both.order_by(Member.person_id).with_for_update(key_share=True)
    people = {one.person_id: one for one in ws.session.scalars(held)}
    own = people.get(ws.person_id)
    if own is not None and (own.ended_at or sorted(own.jobs) != sorted(ws.member.jobs)):
        raise NotAllowed("not_allowed", "Your role does not allow this.")
    return people.get(person_id) or find_member(ws, person_id)


def admit_organisation(
    ws: Workspace, *, name: str, kinds: list[str], uscc: str | None, lei: str | None, city: str | None, email: str
) -> tuple[UUID, str]:
    """Admit a firm to the platform and invite its first administrator. Returns the firm's id and the invitation's token."""
    ws.may("admit_organisation")
    if not name.strip():
        raise Invalid("name_missing", "Give the organisation's name.", field="name")
    credit, entity = checked_codes(uscc, lei)
    organisation_id = new_id()
    arguments: dict[str, Any] = {
        "id": organisation_id,
        "name": name.strip(),
        "kinds": _json(checked_kinds(kinds)),
        "uscc": credit,
        "lei": entity,
        "city": city,
        "now": ws.now,
    }
    ws.session.execute(
        text("select gate.admit_organisation(:id, :name, cast(:kinds as jsonb), :uscc, :lei, :city, :now)"), arguments
    )
    ws.record(FirmAdmitted(organisation_id=organisation_id, name=name.strip(), kinds=kinds), on=ws.tenant_id)
    return organisation_id, invite_member(ws, email=email, jobs=[Job.OWNER], tenant_id=organisation_id)


def invitations(ws: Workspace) -> list[Any]:
    """The firm's invitations, newest first."""
    ws.may("administer_members")
    return list(ws.session.execute(text("select * from gate.invitations()")))


def my_sessions(ws: Workspace) -> list[Any]:
    """The person's own sessions and API tokens, live ones, last used first."""
    return list(ws.session.execute(text("select * from gate.sessions()")))


def revoke_session(ws: Workspace, session_id: UUID) -> None:
    """End one of one's own sessions or tokens, at once."""
    if not ws.session.scalar(select(func.gate.revoke_session(session_id))):
        raise NotFound("session_unknown", "There is no such session.")


def issue_token(ws: Workspace, *, label: str, scopes: list[str], days: int = 90) -> str:
    """An API token of this person in this firm, good for `scopes` (capabilities) alone. It is shown once and kept only as a hash."""
    if not label.strip():
        raise Invalid("label_missing", "Name the token, so that you know it again.", field="label")
    unknown = sorted(set(scopes) - set(PERMISSIONS))
    if unknown or not scopes:
        raise Invalid("scopes_unknown", "Unknown scopes: %(scopes)s.", field="scopes", scopes=", ".join(unknown) or "-")
    if not 1 <= days <= 365:
        raise Invalid("days_wrong", "A token lives between 1 and 365 days.", field="days")
    token, token_hash = new_token("bailee")
    expires = datetime.now().astimezone() + timedelta(days=days)
    token_id = ws.session.execute(
        select(func.gate.issue_token(token_hash, label.strip(), scopes, expires))
    ).scalar_one()
    ws.record(TokenIssued(token_id=token_id, rights=len(scopes), scopes=scopes, days=days), on=ws.tenant_id)
    return token


def _check_jobs(jobs: list[str]) -> None:
    if not jobs or set(jobs) - {job.value for job in Job}:
        raise Invalid("jobs_unknown", "Choose at least one job from the list.", field="jobs")


def _json(values: list[str]) -> str:
    return "[" + ",".join(f'"{value}"' for value in values) + "]"
