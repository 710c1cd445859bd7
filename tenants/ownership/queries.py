"""Reading the register of owners; and whether two firms are related, which the gate tells without showing why."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from tenants.errors import NotFound
from tenants.organisations import all_organisations
from tenants.ownership.models import Stake
from tenants.ownership.rules import Relation, Share, StakeKind, related
from tenants.workspace import Workspace


def relation(ws: Workspace, one: UUID, other: UUID, *, within: UUID | None = None) -> Relation | None:
    """The rule by which two firms are related, or None. Told to either of them, and to who stands with both in the room `within`."""
    told = ws.session.scalar(select(func.gate.relation_of(one, other, within)))
    return Relation(told) if told else None


def owners_of(ws: Workspace, firm_id: UUID) -> list[Stake]:
    """The entries among a firm's owners, as far as the viewer may see them: those in force first, the newest first."""
    rows = select(Stake).where(Stake.firm_id == firm_id).order_by(Stake.until.desc().nulls_first(), Stake.id.desc())
    return list(ws.session.scalars(rows))


def find_stake(ws: Workspace, stake_id: UUID) -> Stake:
    """One entry that the viewer may see."""
    found = ws.session.scalars(select(Stake).where(Stake.id == stake_id)).one_or_none()
    if found is None:
        raise NotFound("stake_unknown", "There is no such entry.")
    return found


def shares_in_force(ws: Workspace, firm_id: UUID | None = None) -> list[Share]:
    """All stakes that the viewer sees and that are in force, or those in one firm: owners told as firms of the house where their code is one of its."""
    wanted = select(Stake).where(Stake.until.is_(None))
    rows = ws.session.scalars(wanted if firm_id is None else wanted.where(Stake.firm_id == firm_id))
    known = {f"{code}:{value}": str(one.id) for one in all_organisations(ws.session) for code, value in (("USCC", one.uscc), ("LEI", one.lei)) if value}  # fmt: skip
    return [Share(known.get(one.owner_key, one.owner_key), str(one.firm_id), StakeKind(one.kind), one.percent) for one in rows]  # fmt: skip


def related_firms(ws: Workspace, firm_id: UUID) -> Sequence[tuple[str, Relation]]:
    """For the platform, which keeps the register: the other firms of the house that are related to this one, by name, and by which rule."""
    ws.may("read_owners")
    stakes = shares_in_force(ws)
    others = [(one.name, related(stakes, str(firm_id), str(one.id))) for one in all_organisations(ws.session) if one.id != firm_id]  # fmt: skip
    return [(name, rule) for name, rule in others if rule is not None]
