"""Asking for money on goods: a request founds the deal's room; until it is signed, the firm may withdraw and the bank decline."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.billing.queries import require_fees_paid
from marketplace.business_days import SHANGHAI
from marketplace.financing.events.deals import FinancingRequested, GoodsToppedUp, RequestRejected, RequestWithdrawn
from marketplace.financing.models.deals import Deal, DealCover, DealGoods
from marketplace.financing.queries import goods_of
from marketplace.financing.rules.deals import DEAL, DealState
from marketplace.financing.rules.terms import SIGNED, UNSIGNED, require_text, stage_of
from marketplace.financing.steps import held_deal, step_deal
from marketplace.inventory.actions import share_lot
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.inventory.receipts.queries import find_receipt
from marketplace.inventory.rules.items import SERIALISED
from marketplace.money import Money
from marketplace.pledges.actions import cancel_pledges, offer_behind, offer_pledge
from marketplace.pledges.offering import Chosen, places_for
from marketplace.pledges.ranks.queries import find_consent
from marketplace.quantity import Quantity
from marketplace.states import Actor
from tenants import rooms
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.organisations import Kind, find_organisation
from tenants.workspace import Workspace

LOTS_MAX = 100
TENOR_DAYS_MAX = 1830
Goods = Sequence[tuple[UUID, Quantity]]


def request_financing(
    ws: Workspace,
    *,
    bank_id: UUID,
    amount: Money,
    tenor_days: int,
    purpose: str,
    goods: Goods,
    items: Chosen | None = None,
    core_id: UUID | None = None,
) -> Deal:
    """Ask a bank for `amount` over `tenor_days` on quantities of verified lots; the bank sees the goods from now on.

    `items`: of serialised lots, which items are put up. Refuses an amount or tenor that cannot be, no purpose, a firm that is no bank, goods that are
    not one's own, not verified or not free, and items that are not free or do not make the quantity;
    and anything new from a firm whose fees are overdue beyond their notice.
    """
    ws.may("request_financing")
    require_fees_paid(ws)
    bank = _require_kind(ws, bank_id, Kind.BANK, "bank_id")
    if core_id is not None:
        _require_kind(ws, core_id, Kind.CORE_ENTERPRISE, "core_id")
    _require_possible(amount, tenor_days)
    lots = _verified_and_free(ws, goods, items or {})
    status = DEAL.advance(None, "request", actor=Actor.SME, met={"goods_verified"})
    deal = _found(ws, bank, core_id, status, amount, tenor_days, require_text(purpose, "purpose"))
    _add_goods(ws, deal, goods, items or {}, is_top_up=False)
    for lot in lots:
        share_lot(ws, lot.id, to=bank_id, role="bank", onward=True)
    fact = FinancingRequested(number=deal.number, borrower=ws.member.organisation, amount=amount, tenor_days=tenor_days, lots=len(lots))  # fmt: skip
    ws.record(fact, on=deal.deal_id)
    return deal


def _require_possible(amount: Money, tenor_days: int) -> None:
    if amount.minor <= 0:
        raise Invalid("amount_not_positive", "Ask for an amount above zero.", field="amount")
    if not 1 <= tenor_days <= TENOR_DAYS_MAX:
        raise Invalid("tenor_wrong", "A loan runs for 1 to %(most)s days.", field="tenor_days", most=TENOR_DAYS_MAX)


def withdraw_request(ws: Workspace, deal_id: UUID, *, because: str = "") -> Deal:
    """Take a request back before it is signed: the goods are free and the bank loses sight of them."""
    ws.may("withdraw_request")
    deal = held_deal(ws, deal_id, role="borrower")
    step_deal(ws, deal, "withdraw", actor=Actor.SME)
    let_go(ws, deal, because="the request was withdrawn")
    ws.record(RequestWithdrawn(number=deal.number, because=because.strip()[:500]), on=deal_id)
    return deal


def reject_request(ws: Workspace, deal_id: UUID, *, because: str) -> Deal:
    """Decline a request, with the reason that the firm is owed."""
    ws.may("offer_financing")
    reason = require_text(because, "because")
    deal = held_deal(ws, deal_id, role="bank")
    step_deal(ws, deal, "reject", actor=Actor.BANK, met={"reason_given"})
    let_go(ws, deal, because="the request was declined")
    ws.record(RequestRejected(number=deal.number, because={"word": "%(because)s", "facts": {"because": reason}}), on=deal_id)  # fmt: skip
    return deal


def top_up(
    ws: Workspace, deal_id: UUID, goods: Goods, *, items: Chosen | None = None, receipts: Chosen | None = None
) -> Deal:
    """Offer more goods for a signed deal: to cure a margin call, or to draw more. They count once the bank has accepted control over them."""
    ws.may("answer_margin_call")
    deal = _open_deal(ws, deal_id)
    lots = _verified_and_free(ws, goods, items or {})
    _add_goods(ws, deal, goods, items or {}, is_top_up=True)
    for lot in lots:
        share_lot(ws, lot.id, to=deal.bank_id, role="bank", onward=True)
    offer_pledge(ws, deal_id=deal_id, bank_id=deal.bank_id, goods=list(goods), items=items, receipts=receipts)
    ws.record(GoodsToppedUp(lots=len(lots)), on=deal_id)
    return deal


def top_up_by_receipt(ws: Workspace, deal_id: UUID, receipt_id: UUID) -> Deal:
    """Offer a warehouse receipt for a signed deal (仓单质押): the goods come under the pledge through it, once the warehouse has signed its endorsement too.

    Refuses a receipt whose goods are another depositor's, and one that is not in force, not in one's hands or held for a bank already.
    """
    ws.may("answer_margin_call")
    receipt = find_receipt(ws, receipt_id)
    if receipt.owner_id != ws.tenant_id:
        raise Conflict("receipt_of_other_depositor", "Only goods that you deposited yourself can be pledged by their receipt.")  # fmt: skip
    return top_up(ws, deal_id, [(receipt.lot_id, receipt.amount)], receipts={receipt.lot_id: [receipt.id]})


def top_up_behind(ws: Workspace, consent_id: UUID) -> Deal:
    """Offer goods that another bank holds in second rank, by its consent, for the deal that the consent names."""
    ws.may("answer_margin_call")
    deal = _open_deal(ws, find_consent(ws, consent_id).second_deal_id)
    goods: dict[UUID, Quantity] = {}
    for one in offer_behind(ws, consent_id):
        goods[one.lot_id] = goods.get(one.lot_id, Quantity.zero(one.unit)) + one.amount
    _add_goods(ws, deal, list(goods.items()), {}, is_top_up=True)
    ws.record(GoodsToppedUp(lots=len(goods)), on=deal.deal_id)
    return deal


def _open_deal(ws: Workspace, deal_id: UUID) -> Deal:
    deal = held_deal(ws, deal_id, role="borrower")
    if DealState(deal.status) not in SIGNED | {DealState.TERM_SHEET, DealState.UNDER_REVIEW, DealState.APPROVED}:
        raise Conflict("deal_not_open", "Goods can be added to an agreed deal that is not closed.")
    return deal


def let_go(ws: Workspace, deal: Deal, *, because: str) -> None:
    """Free a deal's goods that never came into force, and end the bank's sight of lots that no other deal with it carries."""
    cancel_pledges(ws, deal.deal_id, because=because)
    mine = {goods.lot_id for goods in goods_of(ws, deal.deal_id)}
    for lot_id in sorted(mine - _carrying_other_deals(ws, deal, mine)):
        rooms.end_share(ws, lot_id, to=deal.bank_id, role="bank")


def _carrying_other_deals(ws: Workspace, deal: Deal, lot_ids: set[UUID]) -> set[UUID]:
    """Those of the lots that a living deal of the same two parties carries."""
    others = (
        select(DealGoods.lot_id)
        .join(Deal, Deal.deal_id == DealGoods.deal_id)
        .where(
            Deal.deal_id != deal.deal_id,
            Deal.tenant_id == deal.tenant_id,
            Deal.bank_id == deal.bank_id,
            Deal.closed_at.is_(None),
            DealGoods.lot_id.in_(lot_ids),
        )
    )
    return set(ws.session.scalars(others))


def is_unsigned(deal: Deal) -> bool:
    """Whether either side may still walk away."""
    return DealState(deal.status) in UNSIGNED


def _found(
    ws: Workspace, bank_id: UUID, core_id: UUID | None, status: DealState, amount: Money, tenor_days: int, purpose: str
) -> Deal:
    deal_id = new_id()
    rooms.found(ws, deal_id, kind="deal", role="borrower")
    rooms.share(ws, deal_id, to=bank_id, role="bank", onward=True)
    if core_id is not None:
        rooms.share(ws, deal_id, to=core_id, role="core")
    number = _number(ws.now, deal_id)
    deal = Deal(
        deal_id=deal_id,
        tenant_id=ws.tenant_id,
        bank_id=bank_id,
        core_id=core_id,
        number=number,
        status=status.value,
        amount_minor=amount.minor,
        currency=amount.currency,
        tenor_days=tenor_days,
        purpose=purpose,
        requested_at=ws.now,
    )
    cover = DealCover(
        deal_id=deal_id,
        tenant_id=ws.tenant_id,
        bank_id=bank_id,
        number=number,
        stage=stage_of(status).value,
        opened_at=ws.now,
    )
    ws.session.add_all([deal, cover])
    ws.session.flush()
    return deal


def _number(at: datetime, deal_id: UUID) -> str:
    """A number that people can say: the day and six signs of the id. No counter, which would show how many deals there are."""
    return f"F{at.astimezone(SHANGHAI):%y%m%d}-{deal_id.hex[-6:].upper()}"


def _add_goods(ws: Workspace, deal: Deal, goods: Goods, items: Chosen, *, is_top_up: bool) -> None:
    """Enter lots on the deal's list; more of a lot that is on it already is added to its line."""
    known = {row.lot_id: row for row in goods_of(ws, deal.deal_id)}
    for lot_id, quantity in goods:
        named = [str(one) for one in items[lot_id]] if lot_id in items else None
        if lot_id in known:
            row = known[lot_id]
            row.quantity, row.added_at, row.is_top_up = row.quantity + quantity.amount, ws.now, is_top_up
            row.items = [*(row.items or []), *named] if named else row.items
            continue
        ws.session.add(
            DealGoods(
                deal_id=deal.deal_id,
                lot_id=lot_id,
                tenant_id=ws.tenant_id,
                quantity=quantity.amount,
                unit=quantity.unit,
                added_at=ws.now,
                is_top_up=is_top_up,
                items=named,
            )
        )
    ws.session.flush()


def _verified_and_free(ws: Workspace, goods: Goods, items: Chosen) -> list[Lot]:
    if not 1 <= len(goods) <= LOTS_MAX:
        raise Invalid("goods_missing", "Choose between 1 and %(most)s lots.", field="goods", most=LOTS_MAX)
    if len({lot_id for lot_id, _ in goods}) < len(goods):
        raise Invalid("lot_twice", "Each lot may be offered once.", field="goods")
    if not set(items) <= {lot_id for lot_id, _ in goods}:
        raise Invalid("items_of_other_lot", "Items are chosen from the lots that are put up.", field="goods")
    return [_require_free(ws, find_lot(ws, lot_id), quantity, items.get(lot_id)) for lot_id, quantity in goods]


def _require_free(ws: Workspace, lot: Lot, quantity: Quantity, items: Sequence[UUID] | None) -> Lot:
    if lot.tenant_id != ws.tenant_id:
        raise NotFound("lot_unknown", "There is no such lot.")
    if quantity.unit != lot.unit:
        raise Invalid("unit_mismatch", "Lot %(number)s is kept in %(unit)s.", field="goods", number=lot.number, unit=lot.unit)  # fmt: skip
    if quantity.amount <= 0:
        raise Invalid("quantity_not_positive", "A pledge needs a quantity above zero.", field="goods")
    if lot.verified is None:
        raise Conflict("goods_verified", "Only verified goods can be financed.", field="goods")
    if quantity.amount > lot.free_qty:
        raise Conflict(
            "goods_not_free",
            "Only %(free)s of lot %(number)s is free.",
            field="goods",
            free=str(Quantity(lot.free_qty, lot.unit)),
            number=lot.number,
        )
    if lot.tracking == SERIALISED or (lot.receipted and items is None):
        places_for(ws, lot, quantity, items)
    elif items is not None:
        raise Invalid("lot_without_items", "Lot %(number)s is not kept item by item.", field="goods", number=lot.number)
    return lot


def _require_kind(ws: Workspace, tenant_id: UUID, kind: Kind, field: str) -> UUID:
    try:
        organisation = find_organisation(ws.session, tenant_id)
    except NotFound:
        organisation = None
    if organisation is None or kind not in organisation.kinds or organisation.suspended_at is not None:
        raise Invalid("party_unknown", "Choose a firm of this kind from the list.", field=field)
    return organisation.id
