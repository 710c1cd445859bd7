"""The seller's desk: goods ready for sale, proposals, deposits, payment, distribution."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered, home
from frontend.disposal import shown
from frontend.disposal.attempts.told import asked_of, suggested_start
from frontend.disposal.blueprint import pages
from frontend.disposal.cards import by_registration, card_word
from frontend.disposal.first_refusals.entered import ROWS, rights_typed
from frontend.disposal.guarding.pages import waits_because
from frontend.disposal.kinds.entered import WORDS as KIND_WORDS
from frontend.disposal.kinds.entered import kind_named, kind_terms, length_text
from frontend.disposal.notices.entered import outsiders_typed
from frontend.disposal.notices.pages import checks_of
from frontend.language import ZONE, translate
from frontend.pages import render
from marketplace.disposal import actions, queries
from marketplace.disposal.accepting.queries import acceptance_of, price_kept, undisputed_of
from marketplace.disposal.announcing import Offer, regime_named
from marketplace.disposal.appropriating.queries import list_appropriations
from marketplace.disposal.cards.actions import cards_of
from marketplace.disposal.increments import Increments
from marketplace.disposal.kind_terms import KindName, KindTerms
from marketplace.disposal.notices.giving import who_hears
from marketplace.disposal.outages.queries import order_in_force
from marketplace.disposal.preparing import attempts_at, goods_for_sale
from marketplace.disposal.rules.afterwards import AFTERWARDS
from marketplace.disposal.rules.appropriating import OPEN_APPROPRIATIONS
from marketplace.disposal.rules.regimes import REGIMES, RegimeName, deposit_range
from marketplace.disposal.settling.curing import cure_of, cured_until
from marketplace.disposal.settling.owing import confirmation_of
from marketplace.disposal.settling.queries import barred_among, defaulted_purchases, forfeiture_of
from marketplace.financing.claims import enforcement_claims
from marketplace.financing.queries import find_deal, list_deals
from marketplace.inventory.queries import is_there, lots_by_id
from marketplace.money import Money
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.rules.lifecycle import PledgeState
from tenants import approvals
from tenants.errors import Invalid, NotFound, Refused
from tenants.workspace import Workspace

USUAL_ACCEPT_DAYS = AFTERWARDS[RegimeName.AGREED_ONLINE].accept_days
REGIME_WORDS = {
    "AGREED_ONLINE": ("Agreed online sale", "By the clause of the pledge contract, without a court."),
    "AUCTION_HOUSE": ("Auction house", "By a licensed auctioneer."),
    "COURT_ONLINE": ("Court online auction", "Ordered by a court, held online."),
    "COURT_OFFLINE": ("Court auction", "Ordered by a court, held in a room."),
}


@pages.look("/disposals")
def show_desk(ws: Workspace) -> Any:
    ws.may("prepare_disposal")
    auctions = queries.list_auctions(ws, mine=True, limit=100)
    ways = {row.auction_id: shown.way_of(queries.phase(row, ws.now)) for row in auctions}
    return render("disposal/desk.html", ready=_ready(ws), auctions=auctions, ways=ways, phase=queries.phase)


@pages.look("/deals/<uuid:deal_id>/disposals/new")
def new_disposal(ws: Workspace, deal_id: UUID) -> Any:
    ws.may("prepare_disposal")
    find_deal(ws, deal_id)
    goods = goods_for_sale(ws, deal_id, entered.chosen("lot", of=request.values))
    attempts = attempts_at(ws, deal_id, goods.lot_id)
    regimes = []
    for name, regime in REGIMES.items():
        word, note = REGIME_WORDS[name.value]
        told = asked_of(regime, goods.valuation, attempts, ws.now)
        regimes.append((name.value, translate(word), f"{translate(note)} {told}"))
    agreed = REGIMES[next(iter(REGIMES))]
    least = suggested_start(agreed, goods.valuation, attempts, ws.now)
    opens = (ws.now + timedelta(days=agreed.notice_days[0] + 1)).astimezone(ZONE).replace(hour=10, minute=0, second=0)
    return render(
        "disposal/new_disposal.html",
        goods=goods,
        deal_id=deal_id,
        regimes=regimes,
        least=least,
        deposits=deposit_range(agreed, least),
        step=Money(max(100, least.minor // 20_000 * 100), least.currency),
        opens=opens,
        closes=opens + timedelta(days=1),
        round=len(attempts) + 1,
        accept_days=USUAL_ACCEPT_DAYS,
        waits=waits_because(ws, goods, goods.lot_id),
        right_rows=ROWS,
        hears=checks_of(who_hears(ws, deal_id, goods.lot_id, goods.borrower_id)),
        kinds=[(kind.value, translate(word), translate(note)) for kind, (word, note) in KIND_WORDS.items()],
    )


@pages.act("/deals/<uuid:deal_id>/disposals", again="new_disposal")
def propose_disposal(ws: Workspace, deal_id: UUID) -> Any:
    goods = goods_for_sale(ws, deal_id, entered.chosen("lot", of=request.values))
    currency = goods.valuation.currency
    offer = Offer(
        regime=regime_named(request.form.get("regime", "")),
        start=entered.money("start_price", currency),
        reserve=entered.money_or_none("reserve", currency),
        increments=Increments.of(_step(currency), *_larger_steps(currency)),
        deposit=entered.money("deposit", currency),
        opens_at=entered.moment("starts_at"),
        closes_at=entered.moment("ends_at"),
        authority=request.form.get("authority", "").strip()[:300],
        accept_days=entered.days("accept_days", USUAL_ACCEPT_DAYS),
        own=_own_terms(currency),
        alone=entered.money_or_none("alone", currency),
        first_refusals=rights_typed(),
        outside_notices=outsiders_typed(),
    )
    actions.propose_disposal(ws, deal_id, lot_id=goods.lot_id, offer=offer)
    flash(translate("Proposed. A colleague publishes it."), "ok")
    return redirect(url_for(".show_desk"))


@pages.look("/auctions/<uuid:auction_id>/registrations")
def list_registrations(ws: Workspace, auction_id: UUID) -> Any:
    auction = _own(ws, auction_id)
    rows = queries.registrations(ws, auction_id)
    cards = by_registration(cards_of(ws, auction_id))
    return render(
        "disposal/registrations.html",
        auction=auction, rows=rows, tally=queries.tally(ws, auction), cards=cards, card_word=card_word,
        barred=barred_among(ws, {row.registration.tenant_id for row in rows}),
        order=order_in_force(ws, auction), waiting=[one.act for one in approvals.waiting(ws) if one.subject_id == auction_id],
    )  # fmt: skip


@pages.act("/auctions/<uuid:auction_id>/deposits", again="list_registrations")
def confirm_deposit(ws: Workspace, auction_id: UUID) -> Any:
    actions.confirm_deposit(ws, auction_id, entered.chosen("bidder"), request.form.get("reference", ""))
    flash(translate("The deposit is in. The bidder has drawn its paddle."), "ok")
    return redirect(url_for(".list_registrations", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/cancellation", again="list_registrations")
def propose_calling_off(ws: Workspace, auction_id: UUID) -> Any:
    actions.propose_calling_off(ws, auction_id, because=request.form.get("because", ""))
    flash(translate("Proposed. The sale goes on until a colleague agrees."), "ok")
    return redirect(url_for(".list_registrations", auction_id=auction_id))


@pages.look("/auctions/<uuid:auction_id>/settlement")
def show_settlement(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    settlement = queries.find_settlement(ws, auction_id)
    return render(
        "disposal/settlement.html",
        auction=auction, settlement=settlement, seller=queries.is_seller(ws, auction), confirmation=confirmation_of(ws, settlement),
        cure=cure_of(ws, settlement), cured_until=cured_until(auction, settlement), forfeiture=forfeiture_of(ws, settlement),
    )  # fmt: skip


@pages.act("/auctions/<uuid:auction_id>/payment", again="show_settlement")
def confirm_balance(ws: Workspace, auction_id: UUID) -> Any:
    actions.confirm_balance(ws, auction_id, reference=request.form.get("reference", ""))
    flash(translate("The price is paid in full."), "ok")
    return redirect(url_for(".show_auction", auction_id=auction_id))


@pages.look("/auctions/<uuid:auction_id>/distribution/new")
def new_waterfall(ws: Workspace, auction_id: UUID) -> Any:
    ws.may("propose_waterfall")
    auction = _own(ws, auction_id)
    settlement = queries.settlement_of(ws, auction_id)
    price = (undisputed_of(ws, acceptance_of(ws, auction_id)) or price_kept(ws, settlement)) if settlement else None
    file = queries.find_disposal(ws, auction_id)
    claims, unpaid = enforcement_claims(ws, file.deal_id), defaulted_purchases(ws, file)
    return render("disposal/new_waterfall.html", auction=auction, price=price, claims=claims, unpaid=unpaid)


@pages.act("/auctions/<uuid:auction_id>/distribution", again="new_waterfall")
def propose_waterfall(ws: Workspace, auction_id: UUID) -> Any:
    auction = _own(ws, auction_id)
    junior = request.form.get("junior", "").strip()
    actions.propose_waterfall(
        ws,
        auction_id,
        storage=entered.money("storage", auction.currency),
        enforcement=entered.money("enforcement", auction.currency),
        commission_rate=entered.share("commission_rate"),
        tax_rate=entered.share("tax_rate"),
        juniors=[(junior, entered.money("junior_amount", auction.currency))] if junior else [],
        resale=entered.money_or_none("resale", auction.currency),
    )
    flash(translate("Proposed. A colleague decides on the distribution."), "ok")
    return redirect(url_for(".show_auction", auction_id=auction_id))


@pages.act("/auctions/<uuid:auction_id>/distribution/rest", again="show_auction")
def propose_rest(ws: Workspace, auction_id: UUID) -> Any:
    currency = _own(ws, auction_id).currency
    later = {name: entered.money(name, currency) for name in ("storage", "enforcement") if request.form.get(name, "").strip()}  # fmt: skip
    actions.propose_rest(ws, auction_id, **later)
    flash(translate("Proposed. A colleague decides on the distribution."), "ok")
    return redirect(url_for(".show_auction", auction_id=auction_id))


@home.needs
def goods_to_sell(ws: Workspace) -> list[home.Need]:
    """Goods whose sale a seller has to prepare; what the sales themselves wait for is asked in one go in `home_rooms`."""
    if not ws.can("prepare_disposal") or ws.member.is_system:
        return []
    return [home.Need(translate("Goods ready to be sold"), "/disposals", len(_ready(ws)), "watch", icon="gavel")]


def _ready(ws: Workspace) -> list[dict[str, Any]]:
    """Lots of deals in default whose pledge is enforced, of which something is there, and that are not for sale."""
    found = []
    for deal in list_deals(ws, status="DEFAULT,ENFORCEMENT"):
        selling = {
            queries.find_disposal(ws, row.auction_id).lot_id
            for row in queries.disposals_of_deal(ws, deal.deal_id)
            if row.status not in ("NO_SALE", "BUYER_DEFAULT", "RESCINDED", "CANCELLED")
        }
        enforced = {
            one.lot_id: one
            for one in pledges_of_deal(ws, deal.deal_id)
            if one.status == PledgeState.ENFORCING and one.rank == 1 and one.lot_id not in selling
        }
        there = {lot.id for lot in lots_by_id(ws, set(enforced)) if is_there(lot)}
        taking = {
            one.lot_id: one for one in list_appropriations(ws, deal_id=deal.deal_id) if one.state in OPEN_APPROPRIATIONS
        }
        found += [
            {"deal": deal, "pledge": one, "taking": taking.get(lot_id)}
            for lot_id, one in enforced.items()
            if lot_id in there
        ]
    return found


def _own(ws: Workspace, auction_id: UUID) -> Any:
    auction = queries.find_auction(ws, auction_id)
    if not queries.is_seller(ws, auction):
        raise NotFound("auction_unknown", "There is no such auction.")
    return auction


def _own_terms(currency: str) -> KindTerms:
    """What the chosen kind of sale announces of its own; fields of other kinds stay empty."""
    return kind_terms(
        kind_named(request.form.get("method", "")),
        money=lambda name: entered.money_or_none(name, currency),
        length=lambda name: length_text(request.form.get(name, ""), name),
    )


def _step(currency: str) -> Money:
    """The increment; a falling price and sealed bids need none, and have the smallest."""
    kind = kind_named(request.form.get("method", ""))
    needless = kind not in (KindName.ENGLISH, KindName.DUTCH_SEALED_BEST)
    return (
        Money(1, currency) if needless and not request.form.get("step", "").strip() else entered.money("step", currency)
    )


def _larger_steps(currency: str) -> list[tuple[Money, Money]]:
    """Lines of a price and the step from there on, as people write them: `1,000,000: 10,000`."""
    lines = [line for line in request.form.get("larger_steps", "").replace("：", ":").splitlines() if line.strip()]
    return [_rung(line, currency) for line in lines]


def _rung(line: str, currency: str) -> tuple[Money, Money]:
    floor, colon, step = (part.strip().replace(",", "").replace("，", "") for part in line.partition(":"))
    try:
        if not colon:
            raise ValueError(line)
        return Money.of(floor, currency), Money.of(step, currency)
    except (ValueError, Refused) as wrong:
        raise Invalid("larger_steps_unreadable", "Write a price, a colon and the step from there on, one line each: 1,000,000: 10,000", field="larger_steps") from wrong  # fmt: skip
