"""Pages of deals: the list, the request, the room."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for

from frontend import entered
from frontend.financing import shown
from frontend.financing.blueprint import pages
from frontend.financing.choosing import choices, chosen, put_in
from frontend.firms import names_of
from frontend.inventory.sheets import csv_file
from frontend.pages import render
from frontend.tenants.telling import told
from marketplace.documents.queries import documents_of, list_trades, trades_of_room
from marketplace.financing import actions, queries
from marketplace.financing.agreeing.competing import inquiry_of
from marketplace.financing.agreeing.conditions import checklist, precedents
from marketplace.financing.agreeing.raising import raising
from marketplace.financing.contesting import objections_to, standing_default
from marketplace.financing.credit.deciding import decisions_on, stage_waiting
from marketplace.financing.models.deals import Deal
from marketplace.financing.rules.deals import DealState
from marketplace.financing.rules.terms import DRAWABLE, IN_TROUBLE, LENT, SIGNED, UNSIGNED
from marketplace.pledges.queries import pledges_of_deal
from marketplace.pledges.shortages.queries import shortages_of_lots
from marketplace.valuation.queries import latest_valuation, valuations
from tenants import approvals, record, rooms
from tenants.organisations import Kind, organisations_of_kind
from tenants.workspace import Workspace

AMOUNT_ROLES = {"borrower", "bank"}
MOST_EVENTS = 25
DAILY = {"DealValued"}  # told by the chart of value


@pages.look("/deals")
def list_deals(ws: Workspace) -> Any:
    status, text = request.args.get("status") or None, request.args.get("q") or None
    cursor = entered.chosen_or_none("cursor", of=request.args)
    deals = queries.list_deals(ws, status=status, text=text, cursor=cursor, limit=50)
    if not deals and not (status or text or cursor):
        covers = queries.list_covers(ws)
        if covers:
            names = names_of(ws, [one for cover in covers for one in (cover.bank_id, cover.tenant_id)])
            return render("financing/covers.html", covers=covers, names=names)
    return render(
        "financing/deals.html",
        deals=deals,
        positions=queries.positions(ws, deals),
        names=names_of(ws, [one for deal in deals for one in (deal.bank_id, deal.borrower_id)]),
        counts=queries.count_deals(ws),
        next_cursor=deals[-1].deal_id if len(deals) == 50 else None,
        query=request.args.to_dict(),
    )


@pages.look("/deals.csv")
def export_deals(ws: Workspace) -> Any:
    """The list as it is filtered, for a spreadsheet: figures bare, states by their codes."""
    deals = queries.list_deals(ws, status=request.args.get("status") or None, text=request.args.get("q") or None, limit=queries.MOST_ROWS)  # fmt: skip
    standing = queries.positions(ws, deals)
    names = names_of(ws, [one for deal in deals for one in (deal.bank_id, deal.borrower_id)])
    columns = ("number", "borrower", "bank", "purpose", "status", "currency", "asked", "outstanding", "loan_to_value", "requested_at")  # fmt: skip
    rows = (
        (deal.number, names[deal.borrower_id], names[deal.bank_id], deal.purpose, deal.status, deal.currency, deal.amount.amount, at.outstanding.amount, at.ltv, deal.requested_at)
        for deal in deals
        for at in (standing[deal.deal_id],)
    )  # fmt: skip
    return csv_file("deals.csv", columns, rows)


@pages.look("/raisable")
def show_raisable(ws: Workspace) -> Any:
    """What the firm's stock could raise, lot by lot, with one bank at a time; the one that lends most is shown first."""
    ws.may("request_financing")
    found = raising(ws)
    wanted = entered.chosen_or_none("bank", of=request.args)
    view = next((one for one in found.banks if wanted in (None, one.bank_id)), None)
    return render("financing/agreeing/raisable.html", raising=found, view=view, names=names_of(ws, [one.bank_id for one in found.banks]))  # fmt: skip


@pages.look("/deals/new")
def new_deal(ws: Workspace) -> Any:
    """A lot and a bank that the address names are put in beforehand."""
    banks, found = organisations_of_kind(ws.session, Kind.BANK), raising(ws)
    lots = choices(ws)
    return render(
        "financing/new_deal.html",
        choices=lots,
        beforehand=put_in(lots, entered.chosen_or_none("lot", of=request.args), request.args.get("bank", "")),
        banks=[(bank.id, bank.name) for bank in banks],
        cores=[(core.id, core.name) for core in organisations_of_kind(ws.session, Kind.CORE_ENTERPRISE)],
        raising=found,
        ideas={one.bank_id: one.total for one in found.banks},
        names={bank.id: bank.name for bank in banks},
    )


@pages.act("/deals", again="new_deal")
def request_financing(ws: Workspace) -> Any:
    """One bank is asked in a deal of its own; several at once in an inquiry, where their answers stand side by side."""
    form = request.form
    goods, items = chosen(form, choices(ws))
    asked: dict[str, Any] = {
        "amount": entered.money("amount"),
        "tenor_days": entered.whole("tenor_days"),
        "purpose": entered.text("purpose"),
        "goods": goods,
        "items": items,
        "core_id": entered.chosen_or_none("core_id"),
    }
    banks = [entered.chosen("bank_id", of={"bank_id": one}) for one in form.getlist("bank_id") or [""]]
    if len(banks) == 1:
        deal = actions.request_financing(ws, bank_id=banks[0], **asked)
        return redirect(url_for(".show_deal", deal_id=deal.deal_id))
    return redirect(url_for(".show_inquiry", inquiry_id=actions.ask_banks(ws, bank_ids=banks, **asked).id))


@pages.look("/deals/<uuid:deal_id>")
def show_deal(ws: Workspace, deal_id: UUID) -> Any:
    cover, mine = queries.find_cover(ws, deal_id), rooms.my_roles(ws, deal_id)
    room = {
        "cover": cover,
        "mine": mine,
        "shortages": shortages_of_lots(ws, [one.lot_id for one in pledges_of_deal(ws, deal_id)]),
        "participants": rooms.participants(ws, deal_id),
        "events": told([one for one in record.events_of(ws, deal_id) if one.kind not in DAILY][:MOST_EVENTS]),
        "documents": documents_of(ws, deal_id),
        "trades": trades_of_room(ws, deal_id),
        "to_lay": _to_lay(ws, deal_id) if "borrower" in mine else [],
        "sequence": record.sequence_of(ws, deal_id),
    }
    room |= _default(ws, deal_id)
    if not mine & AMOUNT_ROLES:
        goods = shown.goods_shown(ws, deal_id, queries.goods_of(ws, deal_id), None)
        deal = queries.find_deal(ws, deal_id) if "core" in mine else None
        calls = queries.margin_calls(ws, deal_id, limit=5)
        return render("financing/cover.html", goods=goods, deal=deal, calls=calls, **room)
    return render("financing/deal.html", **room, **_room(ws, queries.find_deal(ws, deal_id)))


@pages.act("/deals/<uuid:deal_id>/withdrawal")
def withdraw_request(ws: Workspace, deal_id: UUID) -> Any:
    actions.withdraw_request(ws, deal_id, because=entered.text("because"))
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.act("/deals/<uuid:deal_id>/rejection", again="show_deal")
def reject_request(ws: Workspace, deal_id: UUID) -> Any:
    actions.reject_request(ws, deal_id, because=entered.text("because"))
    return redirect(url_for(".show_deal", deal_id=deal_id))


@pages.look("/deals/<uuid:deal_id>/goods/new")
def new_goods(ws: Workspace, deal_id: UUID) -> Any:
    deal = queries.find_deal(ws, deal_id)
    return render("financing/new_goods.html", deal=deal, choices=choices(ws), call=queries.open_call(ws, deal_id))


@pages.act("/deals/<uuid:deal_id>/goods", again="new_goods")
def top_up(ws: Workspace, deal_id: UUID) -> Any:
    goods, items = chosen(request.form, choices(ws))
    actions.top_up(ws, deal_id, goods, items=items)
    return redirect(url_for(".show_deal", deal_id=deal_id))


def _default(ws: Workspace, deal_id: UUID) -> dict[str, Any]:
    """The default that stands, and whether something said against it waits for the bank."""
    default = standing_default(ws, deal_id)
    contested = default is not None and any(one.outcome is None for one in objections_to(ws, default))
    return {"default": default, "contested": contested}


def _to_lay(ws: Workspace, deal_id: UUID) -> list[tuple[UUID, str]]:
    """The borrower's own trades that are not before the deal yet."""
    there = {one.trade_id for one in trades_of_room(ws, deal_id)}
    return [(one.trade_id, f"{one.number} · {one.seller}") for one in list_trades(ws) if one.tenant_id == ws.tenant_id and one.trade_id not in there]  # fmt: skip


def _checks(ws: Workspace, deal: Deal) -> list[dict[str, Any]]:
    """What is asked before money is paid: what holds on the day of a drawdown matters only once the deal is signed."""
    if deal.closed_at or DealState(deal.status) in IN_TROUBLE:
        return []
    return shown.checks_shown(checklist(ws, deal) if DealState(deal.status) in SIGNED else precedents(ws, deal))


def _room(ws: Workspace, deal: Deal) -> dict[str, Any]:
    """Everything that borrower and bank see of a deal."""
    deal_id, state = deal.deal_id, DealState(deal.status)
    value, standing, terms = latest_valuation(ws, deal_id), queries.position(ws, deal_id), queries.terms_of(ws, deal)
    offers = queries.offers(ws, deal_id)
    return {
        "deal": deal,
        "position": standing,
        "value": value,
        "terms": terms,
        "offers": offers,
        "costs": {offer.id: queries.cost_of(ws, offer, deal) for offer in offers[:3]},
        "inquiry_id": inquiry_of(ws, deal_id),
        "decisions": decisions_on(ws, deal_id),
        "deciding": stage_waiting(ws, deal_id),
        "open_offer": next(iter(queries.open_offers(ws, deal_id)), None),
        "goods": shown.goods_shown(ws, deal_id, queries.goods_of(ws, deal_id), value),
        "steps": shown.steps_of(deal),
        "checks": _checks(ws, deal),
        "drawdowns": queries.drawdowns(ws, deal_id),
        "repayments": queries.repayments(ws, deal_id)[:10],
        "calls": queries.margin_calls(ws, deal_id, limit=5),
        "call": queries.open_call(ws, deal_id),
        "chart": shown.value_chart(valuations(ws, deal_id), standing),
        "triggers": shown.triggers_of(standing, value),
        "cushion": shown.cushion_of(standing),
        "names": names_of(ws, [deal.bank_id, deal.borrower_id, deal.core_id]),
        "proposals": {one.act for one in approvals.waiting(ws) if one.subject_id == deal_id},
        "drawn_proposals": {one.subject_id for one in approvals.waiting(ws) if one.act == "approve_drawdown"},
        "is_unsigned": state in UNSIGNED,
        "is_signed": state in SIGNED,
        "is_lent": state in LENT,
        "is_drawable": state in DRAWABLE,
        "is_in_trouble": state in IN_TROUBLE,
    }
