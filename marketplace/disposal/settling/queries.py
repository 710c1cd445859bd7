"""Looking at what follows the hammer: the offer to the runner-up, the bars, what became of forfeited deposits."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Select, select, text

from marketplace.disposal.models.auctions import Disposal
from marketplace.disposal.models.registrations import DepositMove
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.rules.afterwards import OPEN_CHANCES
from marketplace.disposal.rules.lifecycle import DepositState
from marketplace.disposal.settling.models import BidderBar, ForfeitedEnvelope, Forfeiture, SecondChance
from tenants.errors import NotFound
from tenants.workspace import Workspace

ALL_BARS = text("select * from gate.bars()")


def chance_of(ws: Workspace, auction_id: UUID) -> SecondChance | None:
    """The latest offer to a runner-up: for the seller, and for that bidder."""
    rows = select(SecondChance).where(SecondChance.auction_id == auction_id).order_by(SecondChance.attempt.desc())
    return ws.session.scalars(rows.limit(1)).one_or_none()


def chance_is_open(ws: Workspace, auction_id: UUID) -> bool:
    """Whether the goods are promised to a runner-up who may still take them."""
    offered = chance_of(ws, auction_id)
    return offered is not None and offered.status in OPEN_CHANCES


def find_chance(ws: Workspace, auction_id: UUID, *, lock: bool = False) -> SecondChance:
    """The same; refuses where nothing was offered."""
    rows = select(SecondChance).where(SecondChance.auction_id == auction_id).order_by(SecondChance.attempt.desc())
    if lock:
        rows = rows.with_for_update(key_share=True)
    found = ws.session.scalars(rows.limit(1)).one_or_none()
    if found is None:
        raise NotFound("chance_unknown", "No second chance is offered here.")
    return found


def bars(ws: Workspace) -> list[BidderBar]:
    """The bars that stand, the latest first: all of the house for a firm that sells, its own for any other."""
    if ws.member.kinds & {"BANK", "AUCTIONEER"}:
        return list(ws.session.scalars(select(BidderBar).from_statement(ALL_BARS)))
    mine = select(BidderBar).where(BidderBar.bidder_id == ws.tenant_id).order_by(BidderBar.barred_at.desc())
    return list(ws.session.scalars(mine))


def barred_among(ws: Workspace, bidders: Collection[UUID]) -> dict[UUID, BidderBar]:
    """Which of these bidders stand under a bar: for a firm that sells."""
    return {row.bidder_id: row for row in bars(ws) if row.bidder_id in bidders}


def find_bar(ws: Workspace, auction_id: UUID) -> BidderBar:
    """The bar that followed a sale: for the seller that barred, and the buyer concerned."""
    rows = select(BidderBar).where(BidderBar.auction_id == auction_id).order_by(BidderBar.attempt.desc()).limit(1)
    found = ws.session.scalars(rows.with_for_update(key_share=True)).one_or_none()
    if found is None:
        raise NotFound("bar_unknown", "There is no such bar.")
    return found


def forfeiture_of(ws: Workspace, settlement: Settlement) -> Forfeiture | None:
    """Where the deposit of a defaulted purchase went; None until the goods are sold again."""
    return ws.session.get(Forfeiture, (settlement.auction_id, settlement.attempt))


def defaulted_purchases(ws: Workspace, disposal: Disposal) -> list[Settlement]:
    """Purchases of the same goods that were never paid and whose deposit is not settled yet, oldest first: for the seller."""
    settled = select(Forfeiture.auction_id).where(
        Forfeiture.auction_id == Settlement.auction_id, Forfeiture.attempt == Settlement.attempt
    )
    rows = select(Settlement).where(Settlement.auction_id.in_(_sales_of(ws, disposal)), Settlement.status == "DEFAULTED", ~settled.exists())  # fmt: skip
    return list(ws.session.scalars(rows.order_by(Settlement.hammered_at, Settlement.attempt)))


def shut_envelopes(ws: Workspace, disposal: Disposal) -> list[DepositMove]:
    """Deposits of the same goods that were forfeited for an envelope that stayed shut and joined no proceeds yet, oldest first: for the seller."""
    owed = select(Settlement.auction_id).where(
        Settlement.auction_id == DepositMove.auction_id, Settlement.registration_id == DepositMove.registration_id
    )
    joined = select(ForfeitedEnvelope.auction_id).where(
        ForfeitedEnvelope.auction_id == DepositMove.auction_id,
        ForfeitedEnvelope.registration_id == DepositMove.registration_id,
    )
    rows = select(DepositMove).where(
        DepositMove.auction_id.in_(_sales_of(ws, disposal)),
        DepositMove.outcome == DepositState.FORFEITED,
        DepositMove.amount_minor > 0,
        ~owed.exists(),
        ~joined.exists(),
    )
    return list(ws.session.scalars(rows.order_by(DepositMove.at, DepositMove.registration_id)))


def _sales_of(ws: Workspace, disposal: Disposal) -> Select[UUID]:
    """All sales of the same goods out of the same deal."""
    return select(Disposal.auction_id).where(
        Disposal.tenant_id == ws.tenant_id, Disposal.deal_id == disposal.deal_id, Disposal.lot_id == disposal.lot_id
    )
