"""What every way from pledge to money ends in: the claims on the goods are paid rank by rank, the pledge has done its work, the goods may go.

Money never passes here: the postings say what the bank instructed and what its bank confirmed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.disposal.costs import Costs
from marketplace.disposal.events import HandoverOrdered
from marketplace.disposal.models.auctions import Disposal
from marketplace.disposal.models.settlements import Distribution, Handover, WaterfallLine
from marketplace.disposal.rules.waterfall import Claim, ClaimKind, SaleProceeds, distribute, sale_claims
from marketplace.disposal.rules.waterfall import Distribution as Waterfall
from marketplace.disposal.second_ranks import tell_paid, with_second_ranks
from marketplace.disposal.settling.forfeiting import forfeits_of, settle_forfeits
from marketplace.financing.actions import close_after_enforcement
from marketplace.financing.claims import Claims, enforcement_claims
from marketplace.inventory.queries import find_lot
from marketplace.inventory.rules.lots import LotState
from marketplace.inventory.standing import mark_sold
from marketplace.ledger.actions import post
from marketplace.ledger.rules.accounts import Account, Line
from marketplace.money import Money, total
from marketplace.pledges.actions import realise_pledge
from marketplace.quantity import Quantity
from tenants.workspace import Workspace

BANK, FEES, RESALE = "bank", "bank fees", "selling again"
SURPLUS = "SURPLUS"


@dataclass(frozen=True, slots=True)
class Due:
    """What is paid out: the lines of all of a sale's proceeds, what of them is paid `now`, and what stays `held` because its buyer contests it."""

    whole: Waterfall
    now: Waterfall
    held: Money

    @property
    def is_last(self) -> bool:
        """Whether nothing is held."""
        return not self.held

    @property
    def part(self) -> int:
        """2 for what was held before."""
        return 2 if self.now is not self.whole else 1


@dataclass(frozen=True, slots=True)
class PaidOut:
    """What there was, what of it is the pledgor's, and what the debtor goes on owing."""

    received: Money
    surplus: Money
    deficiency: Money


@dataclass(frozen=True, slots=True)
class Buyer:
    """Whose the goods are, and the code for which the warehouse lets them go."""

    buyer_id: UUID
    name: str
    code: str


def waterfall_of(ws: Workspace, disposal: Disposal, price: Money, costs: Costs) -> Waterfall:
    """The lines as they would be paid now, all at once."""
    return distribute(received_of(ws, disposal, price, costs), claims_of(ws, disposal, price, costs))


def claims_of(
    ws: Workspace, disposal: Disposal, price: Money, costs: Costs, before: Sequence[WaterfallLine] = ()
) -> list[Claim]:
    """All claims on a price. The bank's fees rank with the costs of the sale, a second bank behind its consent's cap. `before`: what was paid of them already."""
    owed = _owed(enforcement_claims(ws, disposal.deal_id), before)
    sale = SaleProceeds(
        hammer=price,
        tax_rate=costs.tax_rate,
        storage=costs.storage,
        enforcement=costs.enforcement,
        commission_rate=costs.commission_rate,
        interest=owed.interest,
        principal=owed.principal,
    )
    juniors = [
        Claim(rank, ClaimKind.JUNIOR, name, amount) for rank, (name, amount) in enumerate(costs.juniors, start=1)
    ]
    claims = [claim for claim in sale_claims(sale, BANK, juniors) if claim.amount]
    if owed.fees:
        claims.append(Claim(1, ClaimKind.COSTS, FEES, owed.fees))
    if costs.resale:
        claims.append(Claim(1, ClaimKind.COSTS, RESALE, costs.resale))
    return with_second_ranks(ws, disposal, claims, frozenset({BANK, FEES}), price.currency)


def received_of(ws: Workspace, disposal: Disposal, price: Money, costs: Costs) -> Money:
    """What there is to distribute: the price, and what is used of forfeited deposits: earlier defaulters' and those of envelopes that stayed shut."""
    return price + forfeits_of(ws, disposal, price, costs.resale).used


def figures_of(waterfall: Waterfall) -> list[list[object]]:
    """The lines as a proposal keeps them."""
    return [
        [one.claim.kind.value, one.claim.claimant, one.claim.amount.minor, one.paid.minor] for one in waterfall.lines
    ]


def pay_out(
    ws: Workspace,
    disposal: Disposal,
    price: Money,
    costs: Costs,
    due: Due,
    *,
    number: str,
    approval_id: UUID,
    surplus_to: Account = Account.SURPLUS_PAID,
) -> PaidOut:
    """Book the lines to the fen, as was approved, and, with the last of them, end what the pledge held.

    Forfeited deposits wait for the last part too: what is used of them follows from the price. `surplus_to`: where the pledgor's part is booked, paid or owed.
    """
    whole = due.whole
    lacking = whole.unpaid(ClaimKind.PRINCIPAL) + whole.unpaid(ClaimKind.INTEREST) + _unpaid_fees(whole)
    paid = PaidOut(whole.shared, whole.surplus, lacking)
    if due.is_last:
        settle_forfeits(ws, disposal, forfeits_of(ws, disposal, price, costs.resale))
    _keep(ws, disposal, paid, due, approval_id)
    tell_paid(ws, disposal, due.now)
    if due.is_last:
        _end_pledge(ws, disposal)
    _post(ws, disposal, due, number, surplus_to)
    close_after_enforcement(
        ws,
        disposal.deal_id,
        interest_paid=due.now.paid(ClaimKind.INTEREST),
        principal_paid=due.now.paid(ClaimKind.PRINCIPAL),
        last=due.is_last,
    )
    return paid


def order_handover(
    ws: Workspace, disposal: Disposal, *, attempt: int, title: str, goods: Quantity, buyer: Buyer
) -> None:
    """Order the warehouse to let the buyer have the goods."""
    order = Handover(
        auction_id=disposal.auction_id,
        attempt=attempt,
        tenant_id=ws.tenant_id,
        lot_id=disposal.lot_id,
        deal_id=disposal.deal_id,
        buyer_id=buyer.buyer_id,
        buyer=buyer.name,
        title=title,
        collection_code=buyer.code,
        status="ORDERED",
        quantity=goods.amount,
        unit=goods.unit,
        ordered_at=ws.now,
    )
    ws.session.add(order)
    fact = HandoverOrdered(
        auction_id=disposal.auction_id, lot_id=disposal.lot_id, title=title, quantity=goods, buyer=buyer.name
    )
    ws.record(fact, on=disposal.deal_id)


def _owed(now: Claims, before: Sequence[WaterfallLine]) -> Claims:
    """What the bank was owed in all: what its book still says, and what was paid of it from the same proceeds."""

    def paid(label: str, rank: ClaimKind) -> Money:
        lines = (line.paid for line in before if (line.label, line.rank) == (label, rank.value))
        return total(lines, now.fees.currency)

    return Claims(
        interest=now.interest + paid(BANK, ClaimKind.INTEREST),
        principal=now.principal + paid(BANK, ClaimKind.PRINCIPAL),
        fees=now.fees + paid(FEES, ClaimKind.COSTS),
    )


def _end_pledge(ws: Workspace, disposal: Disposal) -> None:
    realise_pledge(ws, disposal.deal_id, disposal.lot_id)
    if find_lot(ws, disposal.lot_id).status == LotState.IN_DISPOSAL:
        mark_sold(ws, disposal.lot_id)


def _unpaid_fees(waterfall: Waterfall) -> Money:
    unpaid = [line.unpaid for line in waterfall.lines if line.claim.claimant == FEES]
    return sum(unpaid, Money.zero(waterfall.surplus.currency))


def _keep(ws: Workspace, disposal: Disposal, paid_out: PaidOut, due: Due, approval_id: UUID) -> None:
    """Write the statement of the whole. A surplus is its last line: the pledgor's own money (invariant 14)."""
    same = {
        "auction_id": disposal.auction_id,
        "part": due.part,
        "tenant_id": ws.tenant_id,
        "deal_id": disposal.deal_id,
        "currency": paid_out.received.currency,
    }
    head = Distribution(
        **same,
        approval_id=approval_id,
        receipts_minor=paid_out.received.minor,
        deficiency_minor=paid_out.deficiency.minor,
        held_minor=due.held.minor,
        distributed_at=ws.now,
    )
    ws.session.add(head)
    ws.session.flush()
    both = zip(due.whole.lines, due.now.lines, strict=True)
    rows = [(one.claim.kind.value, one.claim.claimant, one.claim.amount, one.paid, now.paid) for one, now in both]
    rows.append((SURPLUS, "pledgor", due.whole.surplus, due.whole.surplus, due.now.surplus))
    for position, (rank, label, claimed, paid, now) in enumerate(rows, start=1):
        before = (paid - now).minor
        line = WaterfallLine(**same, position=position, rank=rank, label=label, claimed_minor=claimed.minor, paid_minor=paid.minor, before_minor=before)  # fmt: skip
        ws.session.add(line)
    ws.session.flush()


def _post(ws: Workspace, disposal: Disposal, due: Due, number: str, surplus_to: Account) -> None:
    """Book all lines that are paid now but interest and principal, which financing books with the debt that they pay."""
    waterfall = due.now
    nothing = Money.zero(waterfall.surplus.currency)
    fees = sum((line.paid for line in waterfall.lines if line.claim.claimant == FEES), nothing)
    shares = [
        (Account.ENFORCEMENT_COSTS_PAID, waterfall.paid(ClaimKind.COSTS) - fees),
        (Account.FEES_RECEIVABLE, fees),
        (Account.TAX_PAID, waterfall.paid(ClaimKind.TAX)),
        (Account.JUNIOR_CLAIMS_PAID, waterfall.paid(ClaimKind.JUNIOR)),
        (surplus_to, waterfall.surplus),
    ]
    paid = sum((money for _, money in shares), nothing)
    entries: list[Line] = [(Account.PROCEEDS_TO_DISTRIBUTE, paid)]
    entries += [(account, -money) for account, money in shares if money]
    if paid:
        post(
            ws,
            deal_id=disposal.deal_id,
            key=f"auction:{disposal.auction_id}:distribution" + (":rest" if due.part == 2 else ""),
            narrative="Proceeds of %(number)s distributed",
            facts={"number": number},
            entries=entries,
        )
