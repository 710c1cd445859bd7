"""Goods in second rank: all that the first bank holds of the lots of a consent, unit for unit, and what the second bank gives up of them again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory.models import Lot
from marketplace.inventory.queries import lock_lots
from marketplace.inventory.rules.lots import LOT, LotState
from marketplace.inventory.standing import ends, require_movable
from marketplace.pledges.events import PledgesOffered
from marketplace.pledges.holding import goods_list, no_unit_twice
from marketplace.pledges.models import Pledge
from marketplace.pledges.ranks.models import RankConsent
from marketplace.pledges.ranks.queries import find_consent
from marketplace.pledges.rules.lifecycle import PLEDGE, PledgeState
from marketplace.pledges.rules.ranges import Units, without
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, NotFound
from tenants.workspace import Workspace


def offer_behind(ws: Workspace, consent_id: UUID) -> list[Pledge]:
    """Offer the goods of a consent in second rank: one pledge for each that the first bank holds in force, over the same units.

    They come into force like any other: control confirmed for the second bank, and accepted by two of its officers. Refuses without the consent,
    goods that are frozen or go to disposal, a third bank in the same rank, and goods of which nothing is left to offer.
    """
    ws.may("request_financing")
    consent = find_consent(ws, consent_id)
    if consent.tenant_id != ws.tenant_id:
        raise NotFound("consent_unknown", "There is no such question about a second rank.")
    if consent.status != "CONSENTED":
        raise Conflict("consent_missing", "The first bank has not consented to a second rank.")
    with no_unit_twice(ws):
        lots = {lot.id: lot for lot in lock_lots(ws, sorted(consent.lot_ids))}
        made = [one for first in _firsts(ws, consent) for one in _behind(ws, consent, lots[first.lot_id], first)]
        if not made:
            raise Conflict("nothing_behind", "Nothing is left of these goods that could be offered in second rank.")
        ws.session.add_all(made)
        ws.session.flush()
    _tell(ws, consent, made, list(lots.values()))
    return made


def _firsts(ws: Workspace, consent: RankConsent) -> Sequence[Pledge]:
    wanted = select(Pledge).where(
        Pledge.deal_id == consent.first_deal_id,
        Pledge.lot_id.in_(consent.lot_ids),
        Pledge.rank == 1,
        Pledge.status == PledgeState.ACTIVE,
    )
    return ws.session.scalars(wanted.order_by(Pledge.lot_id, Pledge.units)).all()


def _behind(ws: Workspace, consent: RankConsent, lot: Lot, first: Pledge) -> list[Pledge]:
    """The pledges behind one of the first bank's. Where part of it has a second rank already, only for the same deal, and the rest of it."""
    require_movable(lot)
    standing = select(Pledge).where(Pledge.lot_id == lot.id, Pledge.rank > 1, func.upper_inf(Pledge.during))
    seconds = ws.session.scalars(standing).all()
    if any(one.deal_id != consent.second_deal_id for one in seconds):
        raise Conflict("already_encumbered", "These goods are already encumbered.", field="goods")
    span = Units(*ends(first.units))
    return [_pledge(ws, consent, first, part) for part in without([span], [Units(*ends(one.units)) for one in seconds])]


def _pledge(ws: Workspace, consent: RankConsent, first: Pledge, span: Units) -> Pledge:
    same = ("tenant_id", "lot_id", "lot_number", "product_name", "grade", "site_name", "supervisor_id", "warehouse_id", "unit", "by_receipt")  # fmt: skip
    return Pledge(
        **{name: getattr(first, name) for name in same},
        id=new_id(),
        deal_id=consent.second_deal_id,
        bank_id=consent.second_bank_id,
        rank=2,
        consent_id=consent.id,
        units=Range(span.start, span.end),
        during=Range(ws.now, None),
        quantity=Quantity.from_base_units(span.count, first.unit).amount,
        status=PLEDGE.next_state(None, "draft"),
        offered_at=ws.now,
    )


def _tell(ws: Workspace, consent: RankConsent, made: Sequence[Pledge], lots: Sequence[Lot]) -> None:
    deal_id = consent.second_deal_id
    for lot in lots:
        rooms.share(ws, lot.id, to=consent.second_bank_id, role="bank", onward=True)
        rooms.share(ws, deal_id, to=lot.warehouse_id, role="warehouse")
        rooms.share(ws, deal_id, to=lot.supervisor_id, role="supervisor")
    due = LOT.due_at(LotState.RESERVED, "expire_reservation", ws.now)
    ws.set_timer("pledges.give_back_offer", key=f"offer:{made[0].id}", due=due, stream_id=deal_id)
    named = goods_list(made)
    ws.record(PledgesOffered(deal_id=deal_id, bank_id=consent.second_bank_id, lots=len(named), goods=named), on=deal_id)
