"""Asking several banks at once: each answers in a room of its own, the firm compares, and accepting one lets the others lapse in the same moment."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.documents.matching import knows_askings
from marketplace.financing.agreeing.requests import Goods, let_go, request_financing, withdraw_request
from marketplace.financing.events.deals import OfferPassedOver
from marketplace.financing.models.deals import Deal, Offer
from marketplace.financing.models.inquiries import Inquiry, InquiryDeal
from marketplace.financing.queries import cost_of, offers, open_offers
from marketplace.financing.rules.all_in import AllIn
from marketplace.financing.steps import held_deal, step_deal
from marketplace.money import Money
from marketplace.pledges.offering import Chosen
from marketplace.states import Actor
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.workspace import Workspace

BANKS_MAX = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """One bank's place in an inquiry: its deal, the offer that counts (or none yet) and what that costs on the amount and term that were asked for."""

    deal: Deal
    offer: Offer | None
    cost: AllIn | None
    is_cheapest: bool = False

    @property
    def falls_short(self) -> bool:
        """Whether the bank offers less, or for a shorter time, than was asked for."""
        return self.offer is not None and (self.offer.limit < self.deal.amount or self.offer.tenor_days < self.deal.tenor_days)  # fmt: skip


def ask_banks(
    ws: Workspace,
    *,
    bank_ids: Sequence[UUID],
    amount: Money,
    tenor_days: int,
    purpose: str,
    goods: Goods,
    items: Chosen | None = None,
    core_id: UUID | None = None,
) -> Inquiry:
    """Put one request to several banks. Each sees the goods and its own deal, and not who else was asked.

    Refuses no bank, one named twice, more than eight, and all that a request to one bank refuses.
    """
    ws.may("request_financing")
    if not 1 <= len(bank_ids) <= BANKS_MAX:
        raise Invalid("banks_wrong", "Ask 1 to %(most)s banks at once.", field="bank_id", most=BANKS_MAX)
    if len(set(bank_ids)) < len(bank_ids):
        raise Invalid("bank_twice", "Each bank is asked once.", field="bank_id")
    inquiry = Inquiry(tenant_id=ws.tenant_id, id=new_id(), asked_at=ws.now)
    ws.session.add(inquiry)
    ws.session.flush()
    for bank_id in bank_ids:
        deal = request_financing(ws, bank_id=bank_id, amount=amount, tenor_days=tenor_days, purpose=purpose, goods=goods, items=items, core_id=core_id)  # fmt: skip
        ws.session.add(InquiryDeal(tenant_id=ws.tenant_id, inquiry_id=inquiry.id, deal_id=deal.deal_id))
    ws.session.flush()
    return inquiry


def withdraw_inquiry(ws: Workspace, inquiry_id: UUID, *, because: str = "") -> Inquiry:
    """Take the request back from every bank that has not ended it. Refuses once an offer was accepted: then that deal is withdrawn for itself."""
    ws.may("withdraw_request")
    inquiry = _held(ws, inquiry_id)
    if inquiry.closed_at is not None:
        raise Conflict("inquiry_closed", "This inquiry is over.")
    for deal in deals_of(ws, inquiry_id):
        if deal.closed_at is None:
            withdraw_request(ws, deal.deal_id, because=because)
    inquiry.closed_at = ws.now
    ws.session.flush()
    return inquiry


def agree(ws: Workspace, deal_id: UUID) -> list[Deal]:
    """Let the inquiry behind a deal name it as the agreed one, and hold the other banks' deals that are still open; none where it was asked alone.

    The inquiry's row is held first, so that of two acceptances at once the second finds the first. Refuses where another was agreed.
    """
    found = ws.session.scalars(select(InquiryDeal.inquiry_id).where(InquiryDeal.deal_id == deal_id)).one_or_none()
    if found is None:
        return []
    inquiry = _held(ws, found)
    if inquiry.accepted_deal_id not in (None, deal_id):
        raise Conflict("another_accepted", "Another bank’s offer was accepted.")
    inquiry.accepted_deal_id, inquiry.closed_at = deal_id, ws.now
    ws.session.flush()
    held = [held_deal(ws, one.deal_id, role="borrower") for one in deals_of(ws, inquiry.id)]
    return [one for one in held if one.deal_id != deal_id and one.closed_at is None]


def pass_over(ws: Workspace, deal: Deal) -> None:
    """A bank whose offer was not the one: its offer lapses, it loses sight of the goods, and learns that another was accepted, not whose."""
    step_deal(ws, deal, "withdraw", actor=Actor.SME)
    for offer in offers(ws, deal.deal_id):
        if offer.status == "OFFERED":
            offer.status, offer.closed_at = "LAPSED", ws.now
    let_go(ws, deal, because="another offer was accepted")
    ws.record(OfferPassedOver(number=deal.number), on=deal.deal_id)


def find_inquiry(ws: Workspace, inquiry_id: UUID) -> Inquiry:
    """One of the firm's own inquiries."""
    found = ws.session.get(Inquiry, (ws.tenant_id, inquiry_id))
    if found is None:
        raise NotFound("inquiry_unknown", "There is no such inquiry.")
    return found


def inquiry_of(ws: Workspace, deal_id: UUID) -> UUID | None:
    """The inquiry of the firm's own to which a deal belongs; for a bank there is none."""
    return ws.session.scalar(select(InquiryDeal.inquiry_id).where(InquiryDeal.tenant_id == ws.tenant_id, InquiryDeal.deal_id == deal_id))  # fmt: skip


@knows_askings
def askings(ws: Workspace, deal_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Of which inquiry each of the firm's own deals is one place: of an inquiry's deals one is agreed at most."""
    wanted = select(InquiryDeal).where(InquiryDeal.tenant_id == ws.tenant_id, InquiryDeal.deal_id.in_(deal_ids))
    return {one.deal_id: one.inquiry_id for one in ws.session.scalars(wanted)}


def deals_of(ws: Workspace, inquiry_id: UUID) -> list[Deal]:
    """The deals of an inquiry, in the order of their ids."""
    of_it = select(InquiryDeal.deal_id).where(InquiryDeal.tenant_id == ws.tenant_id, InquiryDeal.inquiry_id == inquiry_id)  # fmt: skip
    return list(ws.session.scalars(select(Deal).where(Deal.deal_id.in_(of_it)).order_by(Deal.deal_id)))


def answers(ws: Workspace, inquiry_id: UUID) -> list[Answer]:
    """The banks' answers side by side: the cheapest by its compound yearly rate first, those that have not answered last."""
    found = [_answer(ws, deal) for deal in deals_of(ws, find_inquiry(ws, inquiry_id).id)]
    ranked = sorted(found, key=_cheapest_first)
    open_ones = [one for one in ranked if one.cost and one.offer and one.offer.status in ("OFFERED", "ACCEPTED")]
    best = open_ones[0] if len(open_ones) > 1 else None
    return [Answer(one.deal, one.offer, one.cost, one is best) for one in ranked]


def _answer(ws: Workspace, deal: Deal) -> Answer:
    known = offers(ws, deal.deal_id)
    offer = next((one for one in known if one.status == "ACCEPTED"), None) or next(iter(open_offers(ws, deal.deal_id)), None)  # fmt: skip
    offer = offer or (known[0] if known and deal.closed_at else None)
    return Answer(deal, offer, cost_of(ws, offer, deal) if offer else None)


def _cheapest_first(one: Answer) -> tuple[bool, bool, object]:
    """Open before closed, answered before silent; then by rate, one that cannot be told being the dearest."""
    rate = one.cost.compound if one.cost else None
    return (one.deal.closed_at is not None, one.cost is None, (rate is None, rate or 0, str(one.deal.deal_id)))


def _held(ws: Workspace, inquiry_id: UUID) -> Inquiry:
    wanted = select(Inquiry).where(Inquiry.tenant_id == ws.tenant_id, Inquiry.id == inquiry_id).with_for_update()
    found = ws.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("inquiry_unknown", "There is no such inquiry.")
    return found
