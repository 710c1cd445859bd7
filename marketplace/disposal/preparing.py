"""From the default to the announcement: one officer proposes the sale of a lot, another publishes it. What must be true is asked twice, of both."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.announcing import Goods, Offer, announce, require_offer
from marketplace.disposal.appropriating.queries import require_not_promised
from marketplace.disposal.events import DisposalProposed
from marketplace.disposal.first_refusals.naming import holders_of, kept_rights, rights_of_proposal
from marketplace.disposal.guarding.queries import wait_for_calm
from marketplace.disposal.increments import Increments
from marketplace.disposal.kind_terms import KindName, KindTerms
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.disposal.rules.notices import Capacity, Outsider
from marketplace.disposal.rules.regimes import Attempt, RegimeName
from marketplace.disposal.settling.queries import chance_is_open
from marketplace.financing.contesting import require_heard, standing_default
from marketplace.financing.queries import find_deal
from marketplace.financing.rules.deals import DealState
from marketplace.inventory.places.queries import find_site
from marketplace.inventory.queries import find_lot, is_there
from marketplace.money import Money
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.rules.lifecycle import PledgeState
from marketplace.valuation.queries import latest_valuation
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.workspace import Workspace

SELF_HELP = "Self-help sale clause of the pledge contract (Interpretation on Security 45)"
NEVER_SOLD = (AuctionState.NO_SALE, AuctionState.BUYER_DEFAULT, AuctionState.RESCINDED)
OVER = (*NEVER_SOLD, AuctionState.CANCELLED)
VALUATION_AGE = timedelta(days=30)
LENGTHS = ("every", "sealing", "opening", "best", "answer")
IN_DEFAULT = (DealState.DEFAULT, DealState.ENFORCEMENT)


def propose_disposal(ws: Workspace, deal_id: UUID, *, lot_id: UUID, offer: Offer) -> Approval:
    """Propose to sell a lot of a defaulted deal on these terms; a colleague publishes it.

    Refuses a deal that is not in default, goods whose pledge is not being enforced, goods without a valuation, a lot that is already for sale, and
    terms that the regime does not permit.
    """
    ws.may("prepare_disposal")
    goods = _ready(ws, deal_id, lot_id, offer)
    ws.record(DisposalProposed(lot_id=lot_id, title=goods.title, start=offer.start), on=deal_id)
    summary = sentence(
        "Auction %(goods)s, %(quantity)s, from %(start)s", goods=goods.title, quantity=goods.quantity, start=offer.start
    )
    return approvals.propose(
        ws, "approve_disposal", subject_id=lot_id, summary=summary, deal_id=str(deal_id), **_kept(offer)
    )


def _kept(offer: Offer) -> dict[str, Any]:
    """The terms as a proposal keeps them; `offer_of` reads them again."""
    return {
        "regime": offer.regime.value,
        "currency": offer.start.currency,
        "start": offer.start.minor,
        "increments": [[floor.minor, step.minor] for floor, step in offer.increments.rungs],
        "deposit": offer.deposit.minor,
        "reserve": offer.reserve.minor if offer.reserve else None,
        "opens_at": offer.opens_at.isoformat(),
        "closes_at": offer.closes_at.isoformat(),
        "authority": offer.authority,
        "own": kept_kind(offer.own),
        "alone": offer.alone.minor if offer.alone else None,
        "accept_days": offer.accept_days,
        "first_refusals": kept_rights(offer.first_refusals),
        "outside_notices": [[one.name, one.capacity.value] for one in offer.outside_notices],
    }


@upon_approval("approve_disposal")
def publish_disposal(ws: Workspace, approval: Approval) -> None:
    """Publish as approved. Everything is asked again: the notice counts from today, the valuation must still be there."""
    deal_id, lot_id = UUID(approval.payload["deal_id"]), approval.subject_id
    offer = offer_of(approval)
    goods = _ready(ws, deal_id, lot_id, offer)
    wait_for_calm(ws, product_name=goods.product_name, place=goods.place, price_code=find_lot(ws, lot_id).price_code)
    announce(
        ws,
        goods,
        offer,
        approval_id=approval.id,
        attempts=attempts_at(ws, deal_id, lot_id),
        predecessor_id=last_sale(ws, deal_id, lot_id),
    )


def offer_of(approval: Approval) -> Offer:
    """The terms in a proposal."""
    told = approval.payload

    def money(name: str) -> Money:
        return Money(told[name], told["currency"])

    return Offer(
        regime=RegimeName(told["regime"]),
        start=money("start"),
        increments=Increments.kept(told["increments"], told["currency"]),
        deposit=money("deposit"),
        reserve=money("reserve") if told["reserve"] is not None else None,
        opens_at=datetime.fromisoformat(told["opens_at"]),
        closes_at=datetime.fromisoformat(told["closes_at"]),
        authority=told["authority"],
        own=kind_of(told["own"], told["currency"]),
        alone=money("alone") if told["alone"] is not None else None,
        accept_days=told["accept_days"],
        first_refusals=rights_of_proposal(told["first_refusals"]),
        outside_notices=tuple(Outsider(name, Capacity(capacity)) for name, capacity in told["outside_notices"]),
    )


def kept_kind(own: KindTerms) -> dict[str, Any]:
    """A kind's own terms as a proposal keeps them: minor units and seconds."""
    amounts = {name: money.minor for name in ("drop", "floor") if (money := getattr(own, name)) is not None}
    lengths = {name: length.total_seconds() for name in LENGTHS if (length := getattr(own, name)) is not None}
    return {"kind": own.kind.value} | amounts | lengths


def kind_of(told: dict[str, Any], currency: str) -> KindTerms:
    """The kind in a proposal."""
    amounts = {name: Money(told[name], currency) for name in ("drop", "floor") if name in told}
    lengths = {name: timedelta(seconds=told[name]) for name in LENGTHS if name in told}
    return KindTerms(kind=KindName(told["kind"]), **amounts, **lengths)  # type: ignore[arg-type]


def goods_for_sale(ws: Workspace, deal_id: UUID, lot_id: UUID, *, lock: bool = False) -> Goods:
    """The pledged part of a lot, as it may be sold now: default declared, pledge enforced, some of it there, value known. Refuses, naming what is missing.

    `lock`: hold the lot, so that it is put up once.
    """
    deal = find_deal(ws, deal_id)
    if deal.bank_id != ws.tenant_id:
        raise NotFound("deal_unknown", "There is no such deal.")
    if deal.status not in IN_DEFAULT:
        raise Conflict("default_declared", "The loan is not in default.")
    require_heard(ws, deal_id)
    enforced = [
        pledge
        for pledge in pledges_of_deal(ws, deal_id)
        if pledge.lot_id == lot_id and pledge.status == PledgeState.ENFORCING and pledge.rank == 1
    ]
    if not enforced:
        raise Conflict("title_checked", "The pledge on these goods is not being enforced.", field="lot_id")
    lot = find_lot(ws, lot_id, lock=lock)
    if not is_there(lot):
        require_not_for_sale(ws, deal_id, lot_id)  # what was sold and taken away is gone too: that is told first
        raise Conflict("goods_gone", "Nothing is left of these goods to sell.", field="lot_id")
    held = sum((pledge.amount for pledge in enforced[1:]), enforced[0].amount)
    return Goods(
        deal_id=deal_id,
        lot_id=lot_id,
        borrower_id=deal.borrower_id,
        warehouse_id=lot.warehouse_id,
        supervisor_id=lot.supervisor_id,
        product_name=lot.product_name,
        grade=lot.grade,
        quantity=held if lot.verified is None or held <= lot.verified else lot.verified,
        place=find_site(ws, lot.site_id).city,
        valuation=_value_of(ws, deal_id, lot_id),
    )


def attempts_at(ws: Workspace, deal_id: UUID, lot_id: UUID) -> tuple[Attempt, ...]:
    """The attempts at which these goods were put up and not sold, oldest first; of a falling price, its floor counts. A sale that was called off is none."""
    return tuple(
        Attempt(
            RegimeName(one.regime),
            one.lowest,
            one.ends_at,
            one.status == AuctionState.NO_SALE,
            fixed=one.kind is KindName.FIXED,
            negotiated=one.kind is KindName.NEGOTIATED,
        )
        for one in _auctions_of(ws, deal_id, lot_id)
        if one.status in NEVER_SOLD
    )


def last_sale(ws: Workspace, deal_id: UUID, lot_id: UUID) -> UUID | None:
    """The latest sale of these goods, however it ended; None where they were never for sale."""
    before = _auctions_of(ws, deal_id, lot_id)
    return before[-1].auction_id if before else None


def require_not_for_sale(ws: Workspace, deal_id: UUID, lot_id: UUID) -> None:
    """Refuse goods that are for sale, or offered to a runner-up."""
    sales = _auctions_of(ws, deal_id, lot_id)
    if any(auction.status not in OVER for auction in sales):
        raise Conflict("already_for_sale", "These goods are for sale already.", field="lot_id")
    if any(chance_is_open(ws, auction.auction_id) for auction in sales):
        raise Conflict("chance_open", "The runner-up is asked already.", field="lot_id")


def _ready(ws: Workspace, deal_id: UUID, lot_id: UUID, offer: Offer) -> Goods:
    goods = goods_for_sale(ws, deal_id, lot_id, lock=True)
    require_not_for_sale(ws, deal_id, lot_id)
    require_not_promised(ws, deal_id, lot_id)
    if not offer.authority and offer.regime is not RegimeName.AGREED_ONLINE:
        raise Invalid("sale_authorised", "Name the court's paper or the auctioneer's licence that permits this sale.", field="authority")  # fmt: skip
    default = standing_default(ws, deal_id)
    if default is not None and offer.opens_at < default.object_until:
        raise Conflict("objections_first", "The default may be contested until %(until)s: open the sale after it.", field="opens_at", until=default.object_until)  # fmt: skip
    require_offer(goods, offer, now=ws.now, attempts=attempts_at(ws, deal_id, lot_id))
    holders_of(ws, offer.first_refusals, parties=goods.parties(ws.tenant_id))
    return goods


def _value_of(ws: Workspace, deal_id: UUID, lot_id: UUID) -> Money:
    valuation = latest_valuation(ws, deal_id)
    fresh = valuation is not None and ws.now - valuation.found_at <= VALUATION_AGE
    lines = [line for line in valuation.lines if line.lot_id == lot_id] if valuation and fresh else []
    if not lines:
        raise Conflict("valuation_valid", "The goods have no valid valuation.")
    return sum((line.market_value for line in lines[1:]), lines[0].market_value)


def _auctions_of(ws: Workspace, deal_id: UUID, lot_id: UUID) -> list[Auction]:
    files = select(Disposal.auction_id).where(
        Disposal.tenant_id == ws.tenant_id, Disposal.deal_id == deal_id, Disposal.lot_id == lot_id
    )
    rows = select(Auction).where(Auction.auction_id.in_(files)).order_by(Auction.announced_at)
    return list(ws.session.scalars(rows))
