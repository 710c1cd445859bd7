"""Whoever watches goods is nobody of their pledgor's (invariant 7): asked of the register of owners at each step, and told to the bank where it changes later.

Steel at Shanghai (2012) was pledged out of warehouses that belonged to the borrowers. The law asks it of the supervisor, so a supervisor is refused; of a
related warehouse the bank is told, and judges.
"""

from uuid import UUID

from sqlalchemy import select, text

from marketplace.pledges.models import Pledge
from marketplace.pledges.paper_events import KeeperRelated
from marketplace.pledges.queries import pledges_of_deal
from tenants import rooms
from tenants.errors import Conflict
from tenants.events import Event
from tenants.organisations import find_organisation
from tenants.ownership.queries import relation
from tenants.workspace import Workspace

WARN = text("select gate.warn_of_keepers(:stake)")


def pledgor_circle(ws: Workspace, pledge: Pledge) -> frozenset[str]:
    """The pledgor, and the supervisor of its goods where the two are related."""
    related = relation(ws, pledge.tenant_id, pledge.supervisor_id, within=pledge.deal_id)
    return frozenset({str(pledge.tenant_id), str(pledge.supervisor_id)} if related else {str(pledge.tenant_id)})


def require_unrelated(ws: Workspace, pledgor_id: UUID, supervisor_id: UUID, deal_id: UUID) -> None:
    """Refuse a supervisor that is related to the pledgor; not by which rule, for the chain is theirs to tell."""
    if relation(ws, pledgor_id, supervisor_id, within=deal_id):
        raise Conflict("supervisor_affiliated", "The supervisor is related to the pledgor.")


def require_unrelated_parties(ws: Workspace, deal_id: UUID) -> None:
    """Refuse an agreement between a borrower and a supervisor that are related."""
    present = rooms.participants(ws, deal_id)
    for pledgor_id in {one.tenant_id for one in present if one.role == "borrower"}:
        for supervisor_id in {one.tenant_id for one in present if one.role == "supervisor"}:
            require_unrelated(ws, pledgor_id, supervisor_id, deal_id)


def warn_banks(ws: Workspace, stake_id: UUID) -> None:
    """In the platform's workspace: have the bank of each pledge told whose keeper an entry among owners made related to its pledgor."""
    ws.session.execute(WARN, {"stake": stake_id})


def tell_of_keepers(ws: Workspace, deal_id: UUID) -> None:
    """In the bank's workspace: tell once of each warehouse and supervisor of the deal's goods that is related to their pledgor today."""
    pairs = {
        (one.tenant_id, keeper)
        for one in pledges_of_deal(ws, deal_id)
        for keeper in (one.warehouse_id, one.supervisor_id)
    }
    told = {
        one.values["firm_id"]
        for one in ws.session.scalars(
            select(Event).where(Event.stream_id == deal_id, Event.kind == KeeperRelated.__name__)
        )
    }
    for pledgor_id, keeper in sorted(pairs):
        if str(keeper) not in told and relation(ws, pledgor_id, keeper, within=deal_id):
            firm = find_organisation(ws.session, keeper).name
            ws.record(KeeperRelated(deal_id=deal_id, firm_id=keeper, firm=firm), on=deal_id)
