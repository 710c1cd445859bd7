"""Deposits by transfer come home with the seller's bank statement: matched by the code that the transfer carries and by its exact amount, never by amount alone.

What names no code, two of them, or another amount waits in the bank's queue for an officer, who confirms the deposit by hand.
"""

from sqlalchemy import exists, select

from marketplace.disposal.models.auctions import Auction
from marketplace.disposal.models.registrations import DepositMove, Registration
from marketplace.disposal.queries import LIVE, takes_deposits
from marketplace.disposal.registering import LONGEST_REFERENCE, confirm_deposit
from marketplace.disposal.rules.deposits import code_named
from marketplace.financing.banking.statements import bank_lines, claim_line
from tenants.workspace import Workspace

DEPOSIT = "DEPOSIT"
Awaited = dict[str, tuple[Auction, Registration]]


def confirm_booked_deposits(ws: Workspace) -> int:
    """Confirm the deposits that movements on the seller's own account brought; how many. Again changes nothing (invariant 44)."""
    awaited, confirmed = _awaited(ws), 0
    if not awaited:
        return 0
    for line in bank_lines(ws):
        code = code_named(f"{line.remittance} {line.end_to_end_id}", awaited)
        if code is None or line.direction != "IN" or line.is_return:
            continue
        auction, registration = awaited[code]
        if line.amount != auction.deposit:
            continue
        confirm_deposit(ws, auction.auction_id, registration.tenant_id, line.reference[:LONGEST_REFERENCE])
        claim_line(ws, line, kind=DEPOSIT, by=registration.registration_id)
        del awaited[code]
        confirmed += 1
    return confirmed


def _awaited(ws: Workspace) -> Awaited:
    """The deposits that the viewer waits for in its own sales, by the code of their transfer."""
    came_in = exists().where(
        DepositMove.auction_id == Registration.auction_id, DepositMove.registration_id == Registration.registration_id
    )
    rows = ws.session.execute(
        select(Auction, Registration)
        .join(Registration, Registration.auction_id == Auction.auction_id)
        .where(Auction.tenant_id == ws.tenant_id, Auction.status.in_(LIVE), ~came_in)
    )
    return {one.deposit_code: (auction, one) for auction, one in rows if takes_deposits(auction, ws.now)}
