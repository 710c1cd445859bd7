"""Looking at second ranks: the consents of the viewer's rooms, and what stands before a deal's goods or behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.money import Money
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import IN_FORCE, MOST_ROWS
from marketplace.pledges.ranks.models import RankConsent
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Ahead:
    """What stands before a deal's goods under one consent: up to `cap`, on so much of each lot."""

    cap: Money
    quantities: dict[UUID, Quantity]


def find_consent(ws: Workspace, consent_id: UUID, *, lock: bool = False) -> RankConsent:
    """A consent in whose room the viewer takes part."""
    wanted = select(RankConsent).where(RankConsent.id == consent_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("consent_unknown", "There is no such question about a second rank.")
    return found


def list_consents(ws: Workspace, *, deal_id: UUID | None = None, cursor: UUID | None = None) -> list[RankConsent]:
    """The viewer's consents, asked and given, newest first; `deal_id`: those in which this deal holds either rank."""
    wanted = rooms.granted(ws, RankConsent, RankConsent.id, kind="ranking").order_by(RankConsent.id.desc())
    if deal_id is not None:
        wanted = wanted.where((RankConsent.first_deal_id == deal_id) | (RankConsent.second_deal_id == deal_id))
    if cursor is not None:
        wanted = wanted.where(RankConsent.id < cursor)
    return list(ws.session.scalars(wanted.limit(MOST_ROWS)))


def behind(ws: Workspace, deal_id: UUID, *, lot_id: UUID | None = None) -> list[RankConsent]:
    """Consents by which another bank may stand behind this deal's goods (on one lot), oldest first."""
    wanted = select(RankConsent).where(RankConsent.first_deal_id == deal_id, RankConsent.status == "CONSENTED")
    found = ws.session.scalars(wanted.order_by(RankConsent.answered_at, RankConsent.id))
    return [one for one in found if lot_id is None or lot_id in one.lot_ids]


def second_ranks(ws: Workspace, deal_id: UUID) -> list[Pledge]:
    """The deal's own pledges in force that stand behind another's."""
    wanted = select(Pledge).where(Pledge.deal_id == deal_id, Pledge.rank > 1, Pledge.status.in_(IN_FORCE))
    return list(ws.session.scalars(wanted.order_by(Pledge.lot_id, Pledge.units)))


def deals_behind(ws: Workspace, deal_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these deals that hold a second rank."""
    wanted = select(Pledge.deal_id).where(Pledge.deal_id.in_(deal_ids), Pledge.rank > 1, Pledge.status.in_(IN_FORCE))
    return set(ws.session.scalars(wanted.distinct()))


def ahead(ws: Workspace, deal_id: UUID) -> list[Ahead]:
    """What stands before the deal's goods in force, consent by consent: the cap in full, since the first bank may lend up to it at any time."""
    held: dict[UUID, dict[UUID, Quantity]] = {}
    for one in second_ranks(ws, deal_id):
        assert one.consent_id is not None, "a second rank has its consent"
        lots = held.setdefault(one.consent_id, {})
        lots[one.lot_id] = lots.get(one.lot_id, Quantity.zero(one.unit)) + one.amount
    consents = select(RankConsent).where(RankConsent.id.in_(held)).order_by(RankConsent.id)
    return [Ahead(one.cap, held[one.id]) for one in ws.session.scalars(consents)] if held else []
