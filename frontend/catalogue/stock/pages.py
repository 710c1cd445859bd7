"""Pages of stock that is offered for finance: banks search it and answer, firms see what they have offered and what came of it."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered
from frontend.catalogue import words
from frontend.catalogue.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.catalogue import actions
from marketplace.catalogue.advice import advise
from marketplace.catalogue.ports import Shelved
from marketplace.catalogue.stock import queries
from marketplace.inventory.queries import find_lot
from tenants.errors import Invalid
from tenants.organisations import Kind
from tenants.workspace import Workspace

USUAL_DAYS = 30


@pages.look("/stock")
def show_stock(ws: Workspace) -> Any:
    """To a bank what it may lend on; to anybody else what is the firm's own."""
    own = queries.own_offers(ws) if Kind.SME in ws.member.kinds else []
    if Kind.BANK not in ws.member.kinds:
        return render("catalogue/stock/own.html", own=own)
    asked = {key: value for key, value in request.args.items() if value.strip()}
    fault = None
    try:
        shelf = queries.search_stock(ws, asked)
    except Invalid as refused:
        fault, shelf = refused, queries.search_stock(ws, {})
    return render("catalogue/stock/stock.html", shelf=shelf, asked=asked, fault=fault, advice=advise(ws, {} if fault else asked, shelf.total, Shelved.STOCK), own=own, kind=Shelved.STOCK.value, saves=ws.can("save_search"), alerts=words.ALERTS)  # fmt: skip


@pages.look("/lots/<uuid:lot_id>/stock-offer")
def new_offer(ws: Workspace, lot_id: UUID) -> Any:
    ws.may("offer_stock")
    return render("catalogue/stock/new_offer.html", lot=find_lot(ws, lot_id), days=USUAL_DAYS)


@pages.act("/lots/<uuid:lot_id>/stock-offer", again="new_offer")
def offer_stock(ws: Workspace, lot_id: UUID) -> Any:
    form = request.form
    offer = actions.offer_stock(
        ws,
        lot_id,
        amount=entered.money("amount"),
        tenor_days=entered.whole("tenor_days"),
        shown_days=entered.whole("shown_days"),
        words=form.get("words", ""),
    )
    flash(translate("Offered. Banks see it from now on; you are told when one answers."), "ok")
    return redirect(url_for(".show_offer", stock_id=offer.id))


@pages.look("/stock/<uuid:stock_id>")
def show_offer(ws: Workspace, stock_id: UUID) -> Any:
    stock = queries.find_stock(ws, stock_id)
    mine = stock.listing.tenant_id == ws.tenant_id
    offer = queries.find_own_offer(ws, stock_id) if mine else None
    return render("catalogue/stock/offer.html", stock=stock, listing=stock.listing, offer=offer, interests=queries.interests_in(ws, stock_id))  # fmt: skip


@pages.act("/stock/<uuid:stock_id>/withdrawal", again="show_offer")
def withdraw_stock(ws: Workspace, stock_id: UUID) -> Any:
    actions.withdraw_stock(ws, stock_id)
    return redirect(url_for(".show_stock"))


@pages.act("/stock/<uuid:stock_id>/interest", again="show_offer")
def show_interest(ws: Workspace, stock_id: UUID) -> Any:
    form = request.form
    rate = entered.share_or_none("annual_rate")
    amount = entered.money("amount", queries.find_stock(ws, stock_id).listing.currency)
    actions.show_interest(ws, stock_id, amount=amount, annual_rate=rate, words=form.get("words", ""))
    flash(translate("The owner has been told. It may ask you now as any other bank."), "ok")
    return redirect(url_for(".show_offer", stock_id=stock_id))
