"""Putting pledged goods up for sale: proposed by one officer, published by another, on terms that the regime permits."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from marketplace.disposal.events import AuctionAnnounced, DisposalNoticed
from marketplace.disposal.first_refusals.naming import holders_of, publish_rights
from marketplace.disposal.increments import Increments
from marketplace.disposal.kind_terms import ENGLISH_TERMS, KindName, KindTerms
from marketplace.disposal.models.auctions import Auction, Disposal
from marketplace.disposal.negotiating.consenting import ask_consent
from marketplace.disposal.notices.giving import give_notices, who_hears
from marketplace.disposal.outage_terms import OUTAGE_RULE
from marketplace.disposal.rules.accepting import require_accept_days
from marketplace.disposal.rules.afterwards import AFTERWARDS
from marketplace.disposal.rules.first_refusals import FirstRefusal, require_rights
from marketplace.disposal.rules.kinds.terms import require_kind
from marketplace.disposal.rules.lifecycle import AUCTION, PAY_WITHIN, AuctionState
from marketplace.disposal.rules.notices import Outsider, require_outsiders
from marketplace.disposal.rules.regimes import REGIMES, Attempt, RegimeName, Terms, require_lawful
from marketplace.disposal.rules.sealing import SALT_BYTES, first_link, seal_reserve
from marketplace.money import Money
from marketplace.quantity import Quantity
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O, which people mistake
NUMBER_LENGTH = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """What is to be sold, and whose it was: read from the lot, its pledge and its valuation when the sale is published."""

    deal_id: UUID
    lot_id: UUID
    borrower_id: UUID
    warehouse_id: UUID
    supervisor_id: UUID
    product_name: str
    grade: str
    quantity: Quantity
    place: str
    valuation: Money

    def parties(self, seller_id: UUID) -> frozenset[UUID]:
        """Who has a part in the sale, and so may not bid in it."""
        return frozenset({seller_id, self.borrower_id, self.warehouse_id, self.supervisor_id})

    @property
    def title(self) -> str:
        """The goods' name on the market; nothing in it leads to the borrower."""
        return f"{self.product_name} {self.grade}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The terms of one round as the seller sets them.

    `own`: the kind of sale, and what it announces beside the rest. `authority`: the paper that permits the sale; without one, the clause of the pledge contract, which is enough for an agreed sale only.
    `alone`: up to which price one officer may strike a bargain in a negotiated sale; none: two always.
    `outside_notices`: who takes no part here and is given notice by hand. `first_refusals`: who may buy at the price that another bids. `accept_days`: how long the buyer may look at the goods once it has them; the usual time where none is named.
    """

    regime: RegimeName
    start: Money
    increments: Increments
    deposit: Money
    reserve: Money | None
    opens_at: datetime
    closes_at: datetime
    authority: str = ""
    own: KindTerms = ENGLISH_TERMS
    alone: Money | None = None
    accept_days: int | None = None
    first_refusals: tuple[FirstRefusal, ...] = ()
    outside_notices: tuple[Outsider, ...] = ()

    @property
    def lowest(self) -> Money:
        """The least at which the goods could go, under which the law sets its bound."""
        return self.own.lowest(self.start)


def regime_named(name: str) -> RegimeName:
    """Refuses a way of selling that the law does not know."""
    try:
        return RegimeName(name)
    except ValueError as unknown:
        raise Invalid("regime_unknown", "Choose a kind of sale from the list.", field="regime") from unknown


def require_offer(goods: Goods, offer: Offer, *, now: datetime, attempts: Sequence[Attempt] = ()) -> None:
    """Refuse terms that mix currencies, a reserve below the start, and what the regime does not permit."""
    for field, money in (
        ("start_price", offer.start),
        ("step", offer.increments.rungs[0][1]),
        ("deposit", offer.deposit),
        ("reserve", offer.reserve),
        ("drop", offer.own.drop),
        ("floor", offer.own.floor),
        ("alone", offer.alone),
    ):
        if money is not None and money.currency != goods.valuation.currency:
            raise Invalid("currency_wrong", "Bid in %(currency)s.", field=field, currency=goods.valuation.currency)
    if offer.reserve is not None and offer.reserve < offer.start:
        raise Invalid("reserve_below_start", "The reserve cannot be below the start price.", field="reserve")
    _require_kind(offer)
    require_rights(offer.first_refusals, bids_are_open=_bids_are_open(offer))
    require_outsiders(offer.outside_notices, REGIMES[offer.regime], opens_at=offer.opens_at, now=now)
    if offer.accept_days is not None:
        require_accept_days(offer.accept_days)
    terms = Terms(
        offer.lowest,
        offer.increments.step_at(offer.start),
        offer.deposit,
        offer.reserve,
        now,
        offer.opens_at,
        offer.closes_at,
        fixed=offer.own.kind is KindName.FIXED,
        negotiated=offer.own.kind is KindName.NEGOTIATED,
    )
    require_lawful(REGIMES[offer.regime], terms, goods.valuation, attempts)


def _require_kind(offer: Offer) -> None:
    """Refuse a kind of sale that the regime does not know, and terms that do not make one."""
    if offer.own.kind is KindName.NEGOTIATED and offer.own.kind not in REGIMES[offer.regime].kinds:
        raise Conflict("kind_not_permitted", "Under these rules goods are not sold by negotiation.", field="method")
    if offer.alone is not None and offer.own.kind is not KindName.NEGOTIATED:
        raise Invalid("kind_term_needless", "This kind of sale has no use for it.", field="alone")
    if offer.own.kind not in REGIMES[offer.regime].kinds | {KindName.FIXED}:
        raise Conflict("kind_not_permitted", "Under these rules goods are sold by rising bids.", field="method")
    require_kind(offer.own, offer.start, opens_at=offer.opens_at, closes_at=offer.closes_at, reserve=offer.reserve)


def announce(
    ws: Workspace,
    goods: Goods,
    offer: Offer,
    *,
    approval_id: UUID,
    attempts: Sequence[Attempt] = (),
    predecessor_id: UUID | None = None,
) -> Auction:
    """Publish the sale: the room is founded and stands open to buyers, the terms stand still, the timers are set, the borrower has its notice.

    `attempts`: how these goods were put up before; `predecessor_id`: the last of those sales, which the new one names.
    """
    require_offer(goods, offer, now=ws.now, attempts=attempts)
    holders = holders_of(ws, offer.first_refusals, parties=goods.parties(ws.tenant_id))
    auction = _new_auction(ws, goods, offer, len(attempts) + 1, predecessor_id)
    rooms.found(ws, auction.auction_id, kind="auction", role="seller")
    file = _file(ws, auction, goods, offer, approval_id)
    if offer.reserve is not None:
        file.reserve_minor, file.reserve_salt = offer.reserve.minor, secrets.token_bytes(SALT_BYTES)
        auction.reserve_seal = seal_reserve(auction.auction_id, offer.reserve, file.reserve_salt)
    ws.session.add_all((auction, file))
    if auction.kind is KindName.NEGOTIATED:
        ask_consent(ws, auction, file)
    rooms.open_to_all(ws, auction.auction_id, role="buyer", kind="auction")
    ws.set_timer(
        "disposal.open_auction", key=str(auction.auction_id), due=auction.opens_at, stream_id=auction.auction_id
    )
    set_closing(ws, auction)
    noticed = _tell(ws, auction, goods)
    give_notices(
        ws, auction, goods.deal_id, who_hears(ws, goods.deal_id, goods.lot_id, goods.borrower_id),
        debtor=(goods.deal_id, noticed), holders=publish_rights(ws, auction, holders), outsiders=offer.outside_notices,
    )  # fmt: skip
    return auction


def set_closing(ws: Workspace, auction: Auction) -> None:
    """Have the auction closed at its end as it stands now; an end that has moved by then sets the next timer."""
    key = f"{auction.auction_id}:{auction.ends_at.isoformat()}"
    ws.set_timer("disposal.close_auction", key=key, due=auction.ends_at, stream_id=auction.auction_id)


def _new_auction(ws: Workspace, goods: Goods, offer: Offer, attempt: int, predecessor_id: UUID | None) -> Auction:
    auction_id = new_id()
    return Auction(
        auction_id=auction_id,
        tenant_id=ws.tenant_id,
        number=f"A{ws.now:%y%m}-" + "".join(secrets.choice(LETTERS) for _ in range(NUMBER_LENGTH)),
        status=AUCTION.next_state(AuctionState.REVIEW, "publish"),
        method=offer.own.kind.value,
        regime=offer.regime,
        round=attempt,
        predecessor_id=predecessor_id,
        title=goods.title,
        product_name=goods.product_name,
        grade=goods.grade,
        quantity=goods.quantity.amount,
        unit=goods.quantity.unit,
        place=goods.place,
        currency=offer.start.currency,
        start_minor=offer.start.minor,
        step_floors=[floor.minor for floor, _ in offer.increments.rungs],
        step_sizes=[step.minor for _, step in offer.increments.rungs],
        deposit_minor=offer.deposit.minor,
        has_reserve=offer.reserve is not None,
        first_refusals=len(offer.first_refusals),
        soft_close_seconds=_soft_close(offer),
        **_own_columns(offer.own),
        contest_seconds=_contest(offer),
        outage_counts_seconds=int(OUTAGE_RULE.counts_from.total_seconds()),
        outage_notice_seconds=int(OUTAGE_RULE.notice.total_seconds()),
        outage_longest_seconds=int(OUTAGE_RULE.longest.total_seconds()),
        pay_days=PAY_WITHIN.days,
        collect_days=AFTERWARDS[offer.regime].collect_days,
        accept_days=offer.accept_days or AFTERWARDS[offer.regime].accept_days,
        announced_at=ws.now,
        opens_at=offer.opens_at,
        closes_at=offer.closes_at,
        ends_at=offer.own.first_end(offer.closes_at),
        stood=timedelta(0),
        version=1,
        chain_hash=first_link(auction_id),
    )


def _soft_close(offer: Offer) -> int:
    """Seconds by which a late bid moves the end: only bids that others can answer do."""
    return int(REGIMES[offer.regime].soft_close.total_seconds()) if _bids_are_open(offer) else 0


def _bids_are_open(offer: Offer) -> bool:
    """Whether bids can be answered by others while the sale runs."""
    return offer.own.kind is KindName.ENGLISH or _contest(offer) is not None


def _contest(offer: Offer) -> int | None:
    """Seconds for which others may outbid who takes a fixed price first, where the regime has it so."""
    contest = REGIMES[offer.regime].contest if offer.own.kind is KindName.FIXED else None
    return None if contest is None else int(contest.total_seconds())


def _own_columns(own: KindTerms) -> dict[str, int | None]:
    """What the kind announces of its own, as the auction keeps it."""
    amounts = {"drop_minor": own.drop, "floor_minor": own.floor}
    lengths = {
        "drop": own.every,
        "sealing": own.sealing,
        "opening": own.opening,
        "best": own.best,
        "answer": own.answer,
    }
    return {name: None if money is None else money.minor for name, money in amounts.items()} | {
        f"{name}_seconds": None if length is None else int(length.total_seconds()) for name, length in lengths.items()
    }


def _file(ws: Workspace, auction: Auction, goods: Goods, offer: Offer, approval_id: UUID) -> Disposal:
    return Disposal(
        auction_id=auction.auction_id,
        tenant_id=ws.tenant_id,
        deal_id=goods.deal_id,
        lot_id=goods.lot_id,
        borrower_id=goods.borrower_id,
        warehouse_id=goods.warehouse_id,
        supervisor_id=goods.supervisor_id,
        authority=offer.authority,
        valuation_minor=goods.valuation.minor,
        alone_minor=offer.alone.minor if offer.alone else None,
        approval_id=approval_id,
    )


def _tell(ws: Workspace, auction: Auction, goods: Goods) -> int:
    """The market on the auction's stream; the debtor and the keepers of the goods on the deal's: the event's place there."""
    announced = AuctionAnnounced(
        auction_id=auction.auction_id,
        number=auction.number,
        title=auction.title,
        start=auction.start,
        step=auction.step,
        deposit=auction.deposit,
        opens_at=auction.opens_at,
        closes_at=auction.closes_at,
    )
    ws.record(announced, on=auction.auction_id)
    noticed = DisposalNoticed(auction_id=auction.auction_id, title=auction.title, opens_at=auction.opens_at)
    return ws.record(noticed, on=goods.deal_id)
