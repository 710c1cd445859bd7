"""What a second officer of the seller decides on: a sale as it would be published, a taking over, a distribution, the settings of the guard."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from frontend.catalogue.words import regime_name
from frontend.disposal.guarding.pages import waits_because
from frontend.disposal.kinds.entered import kind_word
from frontend.disposal.notices.pages import CAPACITIES
from frontend.disposal.proposed_terms import AppropriationTerms, BargainTerms, DistributionTerms, GuardTerms, SaleTerms
from frontend.disposal.shown import CLAIMANTS, RANKS
from frontend.firms import names_of
from frontend.language import translate
from frontend.problems import reason
from frontend.proposals import lays_open
from marketplace.disposal.announcing import Goods, Offer
from marketplace.disposal.costs import Costs
from marketplace.disposal.first_refusals.naming import holders_of
from marketplace.disposal.notices.giving import who_hears
from marketplace.disposal.preparing import attempts_at, goods_for_sale, offer_of
from marketplace.disposal.queries import find_auction
from marketplace.disposal.rules.first_refusals import FirstRefusal
from marketplace.disposal.rules.notices import reach_by
from marketplace.disposal.rules.regimes import REGIMES
from marketplace.money import Money
from tenants.approvals import Approval
from tenants.errors import Refused
from tenants.organisations import find_organisation
from tenants.workspace import Workspace


@lays_open("approve_disposal", "disposal/proposed_sale.html", SaleTerms)
def proposed_sale(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """The terms as they would be published, who hears of it and who may not bid; and what stands in the way today, if anything does."""
    offer = offer_of(approval)
    told = {
        "offer": offer,
        "regime": regime_name(offer.regime.value),
        "kind": kind_word(offer.own.kind.value),
        "rights": [(_holder(ws, one), one) for one in offer.first_refusals],
        "capacities": CAPACITIES,
        "reach_by": reach_by(REGIMES[offer.regime], offer.opens_at),
    }
    try:
        goods = goods_for_sale(ws, UUID(approval.payload["deal_id"]), approval.subject_id)
    except Refused as refused:
        return told | {"goods": None, "obstacle": reason(refused)}
    return told | _of_goods(ws, goods, offer)


def _holder(ws: Workspace, right: FirstRefusal) -> str:
    """The firm that bears the right; its code where none bears it any longer, which the publication would refuse."""
    try:
        [(_, firm)] = holders_of(ws, [right], parties=())
    except Refused:
        return right.code
    return firm.name


def _of_goods(ws: Workspace, goods: Goods, offer: Offer) -> dict[str, Any]:
    hears = who_hears(ws, goods.deal_id, goods.lot_id, goods.borrower_id)
    return {
        "goods": goods,
        "share": Decimal(offer.start.minor) / goods.valuation.minor if goods.valuation.minor else None,
        "round": len(attempts_at(ws, goods.deal_id, goods.lot_id)) + 1,
        "hears": hears,
        "kept_out": sorted(names_of(ws, goods.parties(ws.tenant_id)).values()),
        "obstacle": " ".join(waits_because(ws, goods, goods.lot_id)),
    }


@lays_open("approve_appropriation", "disposal/proposed_costs.html", AppropriationTerms)
def proposed_appropriation(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """Whose the goods become, and what is paid from their value before the debt."""
    told = approval.payload
    buyer = find_organisation(ws.session, UUID(told["buyer_id"])).name if told["buyer_id"] else translate("Our own")
    return {"costs": Costs.read(told["costs"], told["currency"]), "buyer": buyer, "buyer_id": told["buyer_id"], "lines": []}  # fmt: skip


@lays_open("approve_waterfall", "disposal/proposed_costs.html", DistributionTerms)
def proposed_distribution(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """Who is paid how much of what it claims, to the fen: what is booked on approval, or refused if it has moved."""
    currency = find_auction(ws, approval.subject_id).currency
    costs = Costs.read(approval.payload, currency)
    lines = list(_shares(approval.payload["lines"], currency))
    return {"costs": costs, "buyer": None, "lines": lines, "ranks": RANKS, "claimants": CLAIMANTS}


def _shares(lines: Iterable[list[Any]], currency: str) -> Iterable[dict[str, Any]]:
    for rank, claimant, claimed, paid in lines:
        yield {
            "rank": rank,
            "claimant": claimant,
            "claimed": Money(claimed, currency),
            "paid": Money(paid, currency),
        }


@lays_open("approve_sale_guard", "disposal/guarding/proposed.html", GuardTerms)
def proposed_guard(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """The settings; the reason stands in the sentence."""
    told = approval.payload
    shares = {name: Decimal(told[name]) for name in ("fall_share", "unsold_share")}
    until = datetime.fromisoformat(told["lifted_until"]) if told["lifted_until"] else None
    return {"guard": told | shares | {"lifted_until": until}}


@lays_open("approve_bargain", "disposal/negotiating/proposed.html", BargainTerms)
def proposed_bargain(ws: Workspace, approval: Approval) -> dict[str, Any]:
    """What goes with the amount: until when it binds, how the goods are handed over, and why."""
    return {name: approval.payload[name] for name in ("firm", "delivery", "words", "because")}
