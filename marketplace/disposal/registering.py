"""Who may bid: a firm registers, pays its deposit by bank transfer (or by card: `cards`), and the seller confirms what its bank has booked."""

import secrets
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.disposal.announcing import LETTERS
from marketplace.disposal.events import BidderRegistered, DepositConfirmed, DepositReturned
from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.registrations import DepositMove, Registration
from marketplace.disposal.queries import find_auction, is_seller, takes_deposits
from marketplace.disposal.rules.lifecycle import DEPOSIT, DepositState
from marketplace.money import Money
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.workspace import Workspace

CODE_LENGTH = 8
LONGEST_REFERENCE = 64


def register_bidder(ws: Workspace, auction_id: UUID) -> Registration:
    """Register this firm. Its registration is a room of its own with the seller; the code goes into the transfer of the deposit.

    Registering again gives the same registration. Refuses after the end, a party to the sale, and who is related to one.
    """
    ws.may("register_bidder")
    auction = find_auction(ws, auction_id)
    if earlier := find_registration(ws, auction_id, ws.tenant_id):
        return earlier
    require_before_end(ws, auction)
    rooms.join(ws, auction_id)
    registration = _add(ws, auction)
    if registration is None:  # a colleague was faster by a moment
        return register_bidder(ws, auction_id)
    rooms.found(ws, registration.registration_id, kind="registration", role="bidder")
    rooms.share(ws, registration.registration_id, to=auction.tenant_id, role="seller")
    fact = BidderRegistered(
        auction_id=auction_id, organisation=ws.member.organisation, title=auction.title, deposit=auction.deposit
    )
    ws.record(fact, on=registration.registration_id)
    return registration


def confirm_deposit(ws: Workspace, auction_id: UUID, bidder_tenant_id: UUID, reference: str) -> DepositMove:
    """The seller's bank has booked this bidder's deposit, in full, under `reference`: the bidder draws its paddle. Refuses a second confirmation."""
    ws.may("confirm_deposit")
    auction = find_auction(ws, auction_id)
    registration = find_registration(ws, auction_id, bidder_tenant_id)
    if registration is None or not is_seller(ws, auction):
        raise NotFound("registration_unknown", "Nobody has registered here under that name.")
    checked = checked_reference(reference)
    require_before_end(ws, auction)
    earlier = ws.session.get(DepositMove, (auction_id, registration.registration_id, 1, "IN"))
    if earlier is not None:
        raise Conflict("deposit_confirmed", "This deposit is confirmed already.")
    state = DEPOSIT.next_state(None, "receive")
    move = add_move(ws, auction, registration.registration_id, "IN", state, auction.deposit, checked)
    fact = DepositConfirmed(auction_id=auction_id, title=auction.title, amount=auction.deposit, reference=checked)
    ws.record(fact, on=registration.registration_id)
    return move


def return_deposit(ws: Workspace, auction: Auction, registration_id: UUID) -> DepositMove | None:
    """Instruct that a deposit goes back, once. None where none is held any more."""
    held = ws.session.get(DepositMove, (auction.auction_id, registration_id, 1, "IN"))
    gone = ws.session.get(DepositMove, (auction.auction_id, registration_id, 1, "OUT"))
    if held is None or gone is not None:
        return None
    amount = Money(held.amount_minor, held.currency)
    reference = f"{auction.number}-R-{held.reference}"[:LONGEST_REFERENCE]
    state = DEPOSIT.next_state(DepositState.HELD, "return")
    move = add_move(ws, auction, registration_id, "OUT", state, amount, reference)
    fact = DepositReturned(auction_id=auction.auction_id, title=auction.title, amount=amount, reference=reference)
    ws.record(fact, on=registration_id)
    return move


def add_move(
    ws: Workspace,
    auction: Auction,
    registration_id: UUID,
    side: str,
    outcome: DepositState,
    amount: Money,
    reference: str,
    *,
    attempt: int = 1,
) -> DepositMove:
    """Book a deposit in or out; the key allows each once. `attempt`: above one where it is paid again for a second chance."""
    move = DepositMove(
        auction_id=auction.auction_id,
        registration_id=registration_id,
        attempt=attempt,
        side=side,
        tenant_id=ws.tenant_id,
        outcome=outcome,
        amount_minor=amount.minor,
        currency=amount.currency,
        reference=reference,
        at=ws.now,
    )
    ws.session.add(move)
    ws.session.flush()
    return move


def find_registration(ws: Workspace, auction_id: UUID, bidder_tenant_id: UUID) -> Registration | None:
    """A bidder's registration: its own, or for the seller anybody's."""
    wanted = select(Registration).where(
        Registration.auction_id == auction_id, Registration.tenant_id == bidder_tenant_id
    )
    return ws.session.scalars(wanted).one_or_none()


def new_code() -> str:
    """A code of eight letters that people can read out: for the transfer of a deposit, for the collection of goods."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def checked_reference(reference: str) -> str:
    """The bank's reference of a payment as it stands in the statement. Refuses an empty or overlong one."""
    trimmed = reference.strip()
    if not 1 <= len(trimmed) <= LONGEST_REFERENCE:
        raise Invalid(
            "reference_wrong", "Give the bank's reference of the payment, at most 64 characters.", field="reference"
        )
    return trimmed


def _add(ws: Workspace, auction: Auction) -> Registration | None:
    registration = Registration(
        auction_id=auction.auction_id,
        registration_id=new_id(),
        tenant_id=ws.tenant_id,
        organisation=ws.member.organisation,
        deposit_code=new_code(),
        registered_at=ws.now,
    )
    try:
        with ws.session.begin_nested():
            ws.session.add(registration)
    except IntegrityError as conflict:
        barred = getattr(getattr(conflict.orig, "diag", None), "constraint_name", "")
        if barred == "bar_parties":
            raise NotAllowed("party_barred", "A party to this sale may not bid in it.") from conflict
        if barred == "bar_relations":
            raise NotAllowed(
                "relation_barred", "Who is related to a party to this sale may not bid in it."
            ) from conflict
        if barred == "bar_defaulters":
            raise NotAllowed("bidder_barred", "Who did not pay for goods that it won may not bid. See your bars for the reason and the time.") from conflict  # fmt: skip
        return None
    return registration


def require_before_end(ws: Workspace, auction: Auction) -> None:
    """Refuse what would come after the end of bidding."""
    if not takes_deposits(auction, ws.now):
        raise Conflict("sale_ended", "The sale has ended.")
