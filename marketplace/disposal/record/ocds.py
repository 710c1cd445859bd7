"""Sales as releases of the Open Contracting Data Standard (OCDS 1.1, https://standard.open-contracting.org/1.1/), as public disposals are published.

A sale is a tender in which the seller is the procuring entity (OCDS has no word for a seller; Prozorro.Sale publishes disposals so), the highest bid an
award, what was paid in the end a contract (after a second chance, or a dispute that lowered the price), bidders are known by their paddles alone. `ocds-bailee` is our prefix; an installation that publishes in earnest registers its own.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.bids import COUNTED, Bid
from marketplace.disposal.rules.lifecycle import AuctionState
from marketplace.money import Money
from tenants.organisations import find_organisation
from tenants.workspace import Workspace

PREFIX = "ocds-bailee"
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
# OCDS's own list of what becomes of a tender.
TENDER = {
    AuctionState.ANNOUNCED: "planned",
    AuctionState.OPEN: "active",
    AuctionState.PAUSED: "active",
    AuctionState.NO_SALE: "unsuccessful",
    AuctionState.CANCELLED: "cancelled",
}
AWARD = {AuctionState.SOLD: "pending", AuctionState.BUYER_DEFAULT: "unsuccessful", AuctionState.RESCINDED: "cancelled"}


def release_package(ws: Workspace, auctions: Sequence[Auction], *, uri: str, root: str) -> dict[str, Any]:
    """One release for each sale, as it stands now. `uri`: where this package was fetched; `root`: where the house stands, with a slash at its end."""
    return {
        "uri": uri,
        "version": "1.1",
        "publishedDate": _moment(ws.now),
        "publisher": {"name": "Bailee"},
        "license": LICENCE,
        "publicationPolicy": uri,
        "extensions": [],
        "releases": list(_releases(ws, auctions, root)),
    }


def _releases(ws: Workspace, auctions: Iterable[Auction], root: str) -> Iterable[dict[str, Any]]:
    for auction in auctions:
        seller = {"id": str(auction.tenant_id), "name": find_organisation(ws.session, auction.tenant_id).name}
        yield _release(auction, seller, _awards(ws, auction), root)


def _release(auction: Auction, seller: dict[str, str], awards: list[dict[str, Any]], root: str) -> dict[str, Any]:
    ocid = f"{PREFIX}-{auction.number}"
    return {
        "ocid": ocid,
        "id": f"{ocid}-{auction.version}",
        "date": _moment(_moved_at(auction)),
        "tag": ["contract" if auction.settled else "award" if awards else "tender"],
        "initiationType": "tender",
        "language": "en",
        "parties": [seller | {"roles": ["procuringEntity"]}, *_buyers(awards)],
        "tender": _tender(auction, seller, root),
        **({"awards": awards} if awards else {}),
        **({"contracts": [_contract(auction, auction.settled)]} if auction.settled else {}),
    }


def _tender(auction: Auction, seller: dict[str, str], root: str) -> dict[str, Any]:
    return {
        "id": str(auction.auction_id),
        "title": auction.title,
        "status": TENDER.get(AuctionState(auction.status), "complete"),
        "procuringEntity": seller,
        "items": [_item(auction)],
        "minValue": _value(auction.start),
        "procurementMethod": "open",
        "procurementMethodDetails": f"{auction.method} {auction.regime}",
        "mainProcurementCategory": "goods",
        "awardCriteria": "priceOnly",
        "awardCriteriaDetails": "The highest valid bid at or above the reserve.",
        "submissionMethod": ["electronicAuction"],
        "tenderPeriod": {"startDate": _moment(auction.opens_at), "endDate": _moment(auction.ends_at)},
        "hasEnquiries": False,
        "documents": _documents(auction, root),
    }


def _item(auction: Auction) -> dict[str, Any]:
    return {
        "id": "1",
        "description": auction.title,
        "quantity": _number(auction.quantity),
        "unit": {"scheme": "UNCEFACT", "id": auction.unit, "name": auction.unit},
    }


def _documents(auction: Auction, root: str) -> list[dict[str, Any]]:
    """Where the whole of it can be recomputed."""
    if auction.closed_at is None:
        return []
    return [
        {
            "id": "record",
            "documentType": "evaluationReports",
            "title": "Public record",
            "url": f"{root}auctions/{auction.auction_id}/record.json",
            "format": "application/json",
            "datePublished": _moment(auction.closed_at),
        }
    ]


def _awards(ws: Workspace, auction: Auction) -> list[dict[str, Any]]:
    """The hammer's, and the runner-up's, at its own last bid, where the winner did not pay and it has the goods for that. What a dispute takes off the price is the contract's."""
    if auction.sold is None or auction.closed_at is None or auction.winning_paddle is None:
        return []
    status = AWARD.get(AuctionState(auction.status), "active")
    if auction.settled_paddle in (None, auction.winning_paddle):
        return [_award(auction, status, auction.sold, auction.winning_paddle)]
    return [
        _award(auction, "unsuccessful", auction.sold, auction.winning_paddle),
        _award(auction, status, _last_bid(ws, auction, auction.settled_paddle), auction.settled_paddle),
    ]


def _last_bid(ws: Workspace, auction: Auction, paddle: int) -> Money:
    """What a bidder offered last, by the book: the price at which a runner-up is asked."""
    bids = select(Bid.amount_minor).where(
        Bid.auction_id == auction.auction_id, Bid.paddle == paddle, Bid.outcome.in_(COUNTED)
    )
    return Money(ws.session.scalars(bids.order_by(Bid.sequence.desc()).limit(1)).one(), auction.currency)


def _award(auction: Auction, status: str, value: Money, paddle: int) -> dict[str, Any]:
    return {
        "id": _award_id(auction, paddle),
        "status": status,
        "date": _moment(_moved_at(auction)),
        "value": _value(value),
        "suppliers": [_paddle(auction, paddle)],
    }


def _award_id(auction: Auction, paddle: int | None) -> str:
    """One for each buyer: a second runner-up's is another than the first one's."""
    return f"{auction.number}-A{paddle}"


def _contract(auction: Auction, settled: Money) -> dict[str, Any]:
    """What was paid, less what went back to the buyer."""
    return {
        "id": f"{auction.number}-C",
        "awardID": _award_id(auction, auction.settled_paddle),
        "status": "terminated" if auction.status == AuctionState.CLOSED else "active",
        "value": _value(settled),
    }


def _buyers(awards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [buyer | {"roles": ["supplier"]} for award in awards for buyer in award["suppliers"]]


def _paddle(auction: Auction, paddle: int) -> dict[str, str]:
    return {"id": f"{auction.number}-P{paddle}", "name": f"Paddle {paddle}"}


def _value(money: Money) -> dict[str, Any]:
    return {"amount": _number(money.amount), "currency": money.currency}


def _number(amount: Decimal) -> int | float:
    """The standard wants JSON numbers: fifteen figures, and so all amounts and quantities here, survive as they were written."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _moved_at(auction: Auction) -> datetime:
    return auction.closed_at or auction.announced_at


def _moment(at: datetime) -> str:
    return at.isoformat()
