"""A clerical slip is cured: money that left in time and is booked late costs no buyer its deposit, if somebody says so before the deadline.

Once for each purchase, logged with its reason, and for as long as the regime says.
"""

from datetime import datetime
from uuid import UUID

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.settlements import Settlement
from marketplace.disposal.queries import find_auction, find_settlement
from marketplace.disposal.rules.afterwards import AFTERWARDS
from marketplace.disposal.rules.regimes import RegimeName
from marketplace.disposal.settling.events import PaymentCureAsked
from marketplace.disposal.settling.models import PaymentCure
from tenants.errors import Conflict, Invalid
from tenants.workspace import Workspace


def ask_cure(ws: Workspace, auction_id: UUID, *, because: str, transfer: str) -> PaymentCure:
    """Say before the deadline that the price is paid and only its booking is late: by the buyer, or by the seller for it.

    `transfer`: its reference, as the buyer's bank gave it. Refuses after the deadline, a second time, and where nothing is due.
    """
    auction, settlement = find_auction(ws, auction_id), find_settlement(ws, auction_id)
    ws.may("place_bid" if settlement.buyer_id == ws.tenant_id else "settle_sale")
    reason, named = because.strip(), transfer.strip()
    if not 3 <= len(reason) <= 500:
        raise Invalid("because_missing", "Say why, in 3 to 500 characters.", field="because")
    if not 1 <= len(named) <= 64:
        raise Invalid("reference_wrong", "Give the bank's reference of the payment, at most 64 characters.", field="transfer")  # fmt: skip
    if settlement.status != "DUE" or ws.now >= settlement.pay_by:
        raise Conflict("cure_late", "A payment that is late has to be announced before the deadline.")
    if cure_of(ws, settlement) is not None:
        raise Conflict("cure_used", "A late booking was announced already, once is all there is.")
    return _log(ws, auction, settlement, reason, named)


def cure_of(ws: Workspace, settlement: Settlement) -> PaymentCure | None:
    """The slip that was announced for this purchase."""
    return ws.session.get(PaymentCure, (settlement.auction_id, settlement.attempt))


def cured_until(auction: Auction, settlement: Settlement) -> datetime:
    """Until when a payment that was announced may be booked."""
    return settlement.pay_by + AFTERWARDS[RegimeName(auction.regime)].cure_for


def _log(ws: Workspace, auction: Auction, settlement: Settlement, reason: str, reference: str) -> PaymentCure:
    cure = PaymentCure(
        auction_id=auction.auction_id,
        attempt=settlement.attempt,
        tenant_id=ws.tenant_id,
        registration_id=settlement.registration_id,
        by=ws.member.organisation,
        because=reason,
        reference=reference,
        asked_at=ws.now,
    )
    ws.session.add(cure)
    fact = PaymentCureAsked(auction_id=auction.auction_id, title=auction.title, because=reason, reference=reference, until=cured_until(auction, settlement))  # fmt: skip
    ws.record(fact, on=settlement.registration_id)
    return cure
