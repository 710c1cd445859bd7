"""The goods become the bank's, or its named buyer's: the agreed value pays the claims on them as a price would, and the warehouse is ordered to let them go."""

from uuid import UUID

from sqlalchemy import select

from marketplace.disposal.appropriating.events import AppropriationLapsed, GoodsTakenOver, SurplusPaid
from marketplace.disposal.appropriating.models import Appropriation
from marketplace.disposal.appropriating.proposing import file_of, require_market, weigh
from marketplace.disposal.appropriating.queries import find_appropriation
from marketplace.disposal.models.settlements import Distribution, WaterfallLine
from marketplace.disposal.paying_out import SURPLUS, Buyer, Due, order_handover, pay_out
from marketplace.disposal.preparing import goods_for_sale
from marketplace.disposal.registering import checked_reference, new_code
from marketplace.disposal.rules.afterwards import require_in_time
from marketplace.disposal.rules.appropriating import APPROPRIATION, AppropriationState
from marketplace.ledger.actions import post
from marketplace.ledger.rules.accounts import Account
from marketplace.money import Money
from tenants.errors import Conflict, NotFound
from tenants.workspace import Workspace

NO_ATTEMPT = 0  # of a hand-over that no sale stands behind


def take_over_goods(ws: Workspace, appropriation_id: UUID) -> Appropriation:
    """Take the goods over at the agreed value. The pledgor's yes is there; value, claims and goods are looked at once more, with today's figures.

    Refuses without the yes or after its time, a valuation that is stale or stands above the value by now, other creditors who would be harmed, and goods
    that became more or less.
    """
    ws.may("settle_sale")
    asked = _own(ws, appropriation_id)
    done = APPROPRIATION.next_state(asked.state, "take_over")
    require_in_time(ws.now, asked.take_by)
    goods = goods_for_sale(ws, asked.deal_id, asked.lot_id, lock=True)
    require_market(ws, goods, asked.value)
    if goods.quantity != asked.goods:
        raise Conflict("goods_changed", "The goods are %(now)s now, not what was agreed on. Propose it again.", now=goods.quantity)  # fmt: skip
    file = file_of(ws, goods, asked.id, asked.approval_id)
    waterfall = weigh(ws, file, asked.value, asked.own_costs)
    ws.session.add(file)
    ws.session.flush()
    _receive(ws, asked)
    paid = pay_out(ws, file, asked.value, asked.own_costs, Due(waterfall, waterfall, Money.zero(asked.currency)), number=asked.number, approval_id=asked.approval_id, surplus_to=Account.SURPLUS_OWED)  # fmt: skip
    asked.status, asked.done_at = done, ws.now
    buyer = Buyer(asked.buyer_id, asked.buyer, new_code())
    order_handover(ws, file, attempt=NO_ATTEMPT, title=asked.title, goods=asked.goods, buyer=buyer)
    fact = GoodsTakenOver(appropriation_id=asked.id, title=asked.title, value=asked.value, surplus=paid.surplus, deficiency=paid.deficiency)  # fmt: skip
    ws.record(fact, on=asked.deal_id, evidence=[asked.approval_id])
    return asked


def confirm_surplus(ws: Workspace, appropriation_id: UUID, *, reference: str) -> Appropriation:
    """The bank has paid the pledgor its surplus, under this reference. Refuses where there is none, and a second time."""
    ws.may("settle_sale")
    asked, checked = _own(ws, appropriation_id), checked_reference(reference)
    surplus = surplus_of(ws, asked)
    if asked.state is not AppropriationState.DONE or not surplus or asked.surplus_paid_at is not None:
        raise Conflict("surplus_settled", "No surplus is owed here.")
    post(
        ws,
        deal_id=asked.deal_id,
        key=f"appropriation:{asked.id}:surplus",
        narrative="Surplus of %(number)s paid to the pledgor.",
        facts={"number": asked.number},
        entries=[(Account.SURPLUS_OWED, surplus), (Account.SURPLUS_PAID, -surplus)],
    )
    asked.surplus_paid_at, asked.surplus_reference = ws.now, checked
    ws.record(SurplusPaid(appropriation_id=asked.id, title=asked.title, surplus=surplus, reference=checked), on=asked.deal_id)  # fmt: skip
    return asked


def lapse_appropriation(ws: Workspace, appropriation_id: UUID) -> None:
    """No answer, or nothing taken over, in time. Again changes nothing."""
    asked = _own(ws, appropriation_id)
    ends = {AppropriationState.PROPOSED: asked.answer_by, AppropriationState.CONSENTED: asked.take_by}
    if asked.state not in ends or ws.now < ends[asked.state]:
        return
    asked.status = APPROPRIATION.next_state(asked.state, "lapse")
    ws.record(AppropriationLapsed(appropriation_id=asked.id, title=asked.title), on=asked.deal_id)


def surplus_of(ws: Workspace, asked: Appropriation) -> Money:
    """What of the value was the pledgor's when the goods were taken over; before that, what would be."""
    if asked.state is not AppropriationState.DONE:
        return asked.surplus
    line = select(WaterfallLine.paid_minor).where(WaterfallLine.auction_id == asked.id, WaterfallLine.rank == SURPLUS)
    return Money(ws.session.scalars(line).one(), asked.currency)


def deficiency_of(ws: Workspace, asked: Appropriation) -> Money:
    """What stayed owed when the goods were taken over; before that, what would."""
    kept = ws.session.get(Distribution, (asked.id, 1))
    return Money(kept.deficiency_minor, asked.currency) if kept else asked.deficiency


def _receive(ws: Workspace, asked: Appropriation) -> None:
    """The goods come in for the value that is shared out: no money moves but what is paid to others from it."""
    post(
        ws,
        deal_id=asked.deal_id,
        key=f"appropriation:{asked.id}:value",
        narrative="%(number)s taken over at its value.",
        facts={"number": asked.number},
        entries=[(Account.COLLATERAL_TAKEN, asked.value), (Account.PROCEEDS_TO_DISTRIBUTE, -asked.value)],
    )


def _own(ws: Workspace, appropriation_id: UUID) -> Appropriation:
    asked = find_appropriation(ws, appropriation_id, lock=True)
    if asked.tenant_id != ws.tenant_id:
        raise NotFound("appropriation_unknown", "There is no such proposal to take goods over.")
    return asked
