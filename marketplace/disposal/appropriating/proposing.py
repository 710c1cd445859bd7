"""The bank proposes to take goods over at their value: one officer names it, another approves, the pledgor is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from marketplace.disposal.announcing import Goods
from marketplace.disposal.appropriating.events import AppropriationDrafted, AppropriationProposed, TakingOverAhead
from marketplace.disposal.appropriating.models import Appropriation
from marketplace.disposal.appropriating.queries import require_not_promised
from marketplace.disposal.costs import Costs
from marketplace.disposal.models.auctions import Disposal
from marketplace.disposal.paying_out import BANK, FEES, figures_of, waterfall_of
from marketplace.disposal.preparing import goods_for_sale, require_not_for_sale
from marketplace.disposal.rules.appropriating import (
    APPROPRIATION,
    APPROPRIATION_TERMS,
    deficiency,
    require_fair_value,
    require_unharmed,
)
from marketplace.disposal.rules.waterfall import Distribution, Line
from marketplace.disposal.second_ranks import standing
from marketplace.disposal.settling.queries import barred_among, defaulted_purchases
from marketplace.inventory.queries import find_lot
from marketplace.money import Money, total
from marketplace.valuation.queries import latest_valuation
from tenants import approvals
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Invalid, NotAllowed
from tenants.events import sentence
from tenants.organisations import Kind, find_organisation
from tenants.workspace import Workspace

AUTHORITY = "Agreement after the default (Civil Code 410, 436)"
TAKERS = frozenset({BANK, FEES})
BUYERS = frozenset({Kind.BUYER, Kind.CORE_ENTERPRISE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bargain:
    """What the bank offers: the goods at `value`, from which `costs` are paid before its own debt. `buyer_id`: whose they become, where not the bank's own."""

    value: Money
    costs: Costs
    buyer_id: UUID | None = None


def bargain_of(
    value: Money,
    *,
    storage: Money,
    enforcement: Money,
    tax_rate: Decimal,
    juniors: Sequence[tuple[str, Money]] = (),
    buyer_id: UUID | None = None,
) -> Bargain:
    """A bargain as it is entered. Nobody earns a commission on it."""
    costs = Costs(
        storage=storage,
        enforcement=enforcement,
        commission_rate=Decimal(0),
        tax_rate=tax_rate,
        resale=Money.zero(value.currency),
        juniors=tuple((name.strip()[:120], amount) for name, amount in juniors),
    )
    return Bargain(value=value, costs=costs, buyer_id=buyer_id)


def propose_appropriation(ws: Workspace, deal_id: UUID, *, lot_id: UUID, bargain: Bargain) -> Approval:
    """Propose that the bank, or the buyer it names, takes a lot of a defaulted deal over; a colleague puts it before the pledgor.

    Refuses a deal that is not in default, goods that are for sale or promised, a value below a fresh valuation, other creditors who would be harmed, and a
    buyer who may not buy here.
    """
    ws.may("propose_waterfall")
    goods = _ready(ws, deal_id, lot_id, bargain)
    weigh(ws, file_of(ws, goods, new_id(), new_id()), bargain.value, bargain.costs)
    ws.record(AppropriationDrafted(lot_id=lot_id, title=goods.title, value=bargain.value), on=deal_id)
    summary = sentence("Take over %(goods)s, %(quantity)s, at %(value)s", goods=goods.title, quantity=goods.quantity, value=bargain.value)  # fmt: skip
    return approvals.propose(
        ws,
        "approve_appropriation",
        subject_id=lot_id,
        summary=summary,
        deal_id=str(deal_id),
        currency=bargain.value.currency,
        value=bargain.value.minor,
        costs=bargain.costs.written(),
        buyer_id=str(bargain.buyer_id) if bargain.buyer_id else None,
    )


@upon_approval("approve_appropriation")
def ask_pledgor(ws: Workspace, approval: Approval) -> None:
    """A second officer agrees: the pledgor is asked. Everything is asked again, with today's debt and valuation."""
    told, deal_id, lot_id = approval.payload, UUID(approval.payload["deal_id"]), approval.subject_id
    bargain = Bargain(
        value=Money(told["value"], told["currency"]),
        costs=Costs.read(told["costs"], told["currency"]),
        buyer_id=UUID(told["buyer_id"]) if told["buyer_id"] else None,
    )
    goods, appropriation_id = _ready(ws, deal_id, lot_id, bargain), new_id()
    file = file_of(ws, goods, appropriation_id, approval.id)
    waterfall = weigh(ws, file, bargain.value, bargain.costs)
    row = _written(ws, goods, file, bargain, waterfall)
    ws.session.add(row)
    ws.session.flush()
    for due in (row.answer_by, row.take_by):
        ws.set_timer("appropriating.lapse_appropriation", key=f"{row.id}:{due.isoformat()}", due=due, stream_id=deal_id, appropriation_id=str(row.id))  # fmt: skip
    fact = AppropriationProposed(appropriation_id=row.id, title=row.title, value=row.value, surplus=row.surplus, deficiency=row.deficiency, answer_by=row.answer_by)  # fmt: skip
    ws.record(fact, on=deal_id, evidence=[approval.id])
    _tell_behind(ws, file, waterfall)


def file_of(ws: Workspace, goods: Goods, appropriation_id: UUID, approval_id: UUID) -> Disposal:
    """The seller's file of these goods, as of a sale: by it claims, caps and deposits of earlier attempts are found. Kept once the goods are taken over."""
    return Disposal(
        auction_id=appropriation_id,
        tenant_id=ws.tenant_id,
        deal_id=goods.deal_id,
        lot_id=goods.lot_id,
        borrower_id=goods.borrower_id,
        warehouse_id=goods.warehouse_id,
        supervisor_id=goods.supervisor_id,
        authority=AUTHORITY,
        valuation_minor=goods.valuation.minor,
        approval_id=approval_id,
    )


def require_market(ws: Workspace, goods: Goods, value: Money) -> None:
    """Refuse a value below the goods' own at their latest valuation, and a valuation that is not fresh."""
    if value.currency != goods.valuation.currency:
        raise Invalid("currency_wrong", "Bid in %(currency)s.", field="value", currency=goods.valuation.currency)
    latest = latest_valuation(ws, goods.deal_id)
    assert latest is not None, "goods for sale have a valuation"
    require_fair_value(value, goods.valuation, valued_at=latest.found_at, now=ws.now)


def weigh(ws: Workspace, file: Disposal, value: Money, costs: Costs) -> Distribution:
    """How the value would be shared out now. Refuses where another creditor would be harmed."""
    waterfall = waterfall_of(ws, file, value, costs)
    require_unharmed(waterfall, TAKERS)
    return waterfall


def _ready(ws: Workspace, deal_id: UUID, lot_id: UUID, bargain: Bargain) -> Goods:
    goods = goods_for_sale(ws, deal_id, lot_id, lock=True)
    require_not_for_sale(ws, deal_id, lot_id)
    require_not_promised(ws, deal_id, lot_id)
    require_market(ws, goods, bargain.value)
    if bargain.buyer_id is not None:
        _require_buyer(ws, goods, bargain.buyer_id)
    return goods


def _require_buyer(ws: Workspace, goods: Goods, buyer_id: UUID) -> None:
    """Refuse a party to the deal, a firm that buys nothing, and one that did not pay for goods that it won."""
    buyer = find_organisation(ws.session, buyer_id)
    if buyer_id in (goods.borrower_id, goods.warehouse_id, goods.supervisor_id):
        raise NotAllowed("party_barred", "A party to this sale may not bid in it.", field="buyer_id")
    if not BUYERS & set(buyer.kinds):
        raise Invalid("buyer_wrong", "Name a buyer from the register.", field="buyer_id")
    unpaid = defaulted_purchases(ws, file_of(ws, goods, new_id(), new_id()))
    if barred_among(ws, {buyer_id}) or buyer_id in {one.buyer_id for one in unpaid}:
        raise NotAllowed("buyer_barred", "This buyer did not pay for goods that it won.", field="buyer_id")


def _written(ws: Workspace, goods: Goods, file: Disposal, bargain: Bargain, waterfall: Distribution) -> Appropriation:
    latest = latest_valuation(ws, goods.deal_id)
    assert latest is not None, "goods for sale have a valuation"
    buyer_id = bargain.buyer_id or ws.tenant_id
    return Appropriation(
        deal_id=goods.deal_id,
        id=file.auction_id,
        tenant_id=ws.tenant_id,
        lot_id=goods.lot_id,
        borrower_id=goods.borrower_id,
        status=APPROPRIATION.next_state(None, "propose"),
        number=find_lot(ws, goods.lot_id).number,
        title=goods.title,
        quantity=goods.quantity.amount,
        unit=goods.quantity.unit,
        currency=bargain.value.currency,
        value_minor=bargain.value.minor,
        valuation_minor=goods.valuation.minor,
        valued_at=latest.found_at,
        costs=bargain.costs.written(),
        lines=figures_of(waterfall),
        surplus_minor=waterfall.surplus.minor,
        deficiency_minor=deficiency(waterfall, TAKERS).minor,
        buyer_id=buyer_id,
        buyer=find_organisation(ws.session, buyer_id).name,
        approval_id=file.approval_id,
        proposed_at=ws.now,
        answer_by=ws.now + APPROPRIATION_TERMS.answer_within,
        take_by=ws.now + APPROPRIATION_TERMS.answer_within + APPROPRIATION_TERMS.take_within,
    )


def _tell_behind(ws: Workspace, file: Disposal, waterfall: Distribution) -> None:
    """A second bank hears what it would have, in time to declare its claim or to give its rank up."""
    for consent in standing(ws, file):
        name = find_organisation(ws.session, consent.second_bank_id).name
        mine: list[Line] = [line for line in waterfall.lines if line.claim.claimant == name]
        paid = total((line.paid for line in mine), consent.currency)
        ws.record(TakingOverAhead(consent_id=consent.id, paid=paid), on=consent.id)
