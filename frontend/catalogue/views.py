"""Pages of the catalogue: search with facets, the printable lot sheet, saved searches. Visitors see all of it but the searches."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend.catalogue import words
from frontend.catalogue.blueprint import pages
from frontend.language import translate
from frontend.pages import render
from marketplace.catalogue import actions, queries, watching
from marketplace.catalogue.advice import advise
from marketplace.catalogue.alerts import count_matches
from marketplace.catalogue.passports.showing import own_passport
from marketplace.disposal.queries import find_auction
from tenants.errors import Invalid
from tenants.workspace import Workspace


@pages.record_once
def give_words(state: Any) -> None:
    """Templates of several rooms name goods and ways of selling."""
    state.app.jinja_env.globals.update(
        category_name=words.category_name,
        regime_name=words.regime_name,
        evidence_name=words.evidence_name,
        passport_field=words.passport_field,
        passport_value=words.passport_value,
        facet_options=words.facet_options,
        per_unit=words.per_unit,
        marked=words.marked,
        shelf_url=words.shelf_url,
    )


@pages.look("/catalogue", visitors=True)
def show_catalogue(ws: Workspace) -> Any:
    asked = {key: value for key, value in request.args.items() if value.strip()}
    fault = None
    try:
        shelf = queries.search(ws, asked)
    except Invalid as refused:
        fault, shelf = refused, queries.search(ws, {})
    return render(
        "catalogue/catalogue.html",
        shelf=shelf,
        asked=asked,
        fault=fault,
        advice=advise(ws, {} if fault else asked, shelf.total),
        saves=not ws.member.is_visitor and ws.can("save_search"),
        alerts=words.ALERTS,
    )


@pages.look("/catalogue/<uuid:listing_id>", visitors=True)
def show_sheet(ws: Workspace, listing_id: UUID) -> Any:
    """The lot's passport on a page of its own, to print or to pass on."""
    listing = queries.find_listing(ws, listing_id)
    return render(
        "catalogue/sheet.html",
        listing=listing,
        auction=find_auction(ws, listing_id),
        watched=not ws.member.is_visitor and listing_id in watching.watched_ids(ws),
        owned=not ws.member.is_visitor and own_passport(ws, listing_id) is not None,
        shared=request.base_url,
    )


@pages.look("/catalogue/searches")
def list_searches(ws: Workspace) -> Any:
    rows = [(row, queries.search(ws, dict(row.query))) for row in queries.saved_searches(ws)]
    return render("catalogue/searches.html", rows=rows, matches=count_matches(ws), alerts=words.ALERTS)


@pages.act("/catalogue/searches")
def save_search(ws: Workspace) -> Any:
    asked = request.form.to_dict()
    row = actions.save_search(ws, name=asked.get("name", ""), asked=asked, alert=asked.get("alert") or "AT_ONCE")
    flash(translate("The search is saved."), "ok")
    return redirect(words.shelf_url(dict(row.query)))


@pages.act("/catalogue/searches/<uuid:search_id>/removal")
def forget_search(ws: Workspace, search_id: UUID) -> Any:
    actions.forget_search(ws, search_id)
    return redirect(url_for(".list_searches"))


@pages.act("/catalogue/searches/<uuid:search_id>/alert")
def choose_alert(ws: Workspace, search_id: UUID) -> Any:
    actions.choose_alert(ws, search_id, request.form.get("alert", ""))
    return redirect(url_for(".list_searches"))


@pages.look("/catalogue/watched")
def list_watched(ws: Workspace) -> Any:
    offers = watching.watched_offers(ws)
    side_by_side = ",".join(str(one.listing.id) for one in offers[: watching.MOST_COMPARED])
    return render("catalogue/watched.html", offers=offers, side_by_side=side_by_side)


@pages.act("/catalogue/<uuid:listing_id>/invitations")
def invite_wishers(ws: Workspace, listing_id: UUID) -> Any:
    actions.invite_wishers(ws, listing_id)
    flash(translate("They are invited. You learn who they are when they answer."), "ok")
    return redirect(url_for("disposal.list_rooms", auction_id=listing_id))


@pages.act("/catalogue/<uuid:listing_id>/watch")
def watch_offer(ws: Workspace, listing_id: UUID) -> Any:
    actions.watch_offer(ws, listing_id)
    flash(translate("On your watch list. You are told before it closes."), "ok")
    return redirect(url_for(".show_sheet", listing_id=listing_id))


@pages.act("/catalogue/<uuid:listing_id>/watch/removal")
def unwatch_offer(ws: Workspace, listing_id: UUID) -> Any:
    actions.unwatch_offer(ws, listing_id)
    return redirect(url_for(".list_watched"))


@pages.look("/catalogue/compare", visitors=True)
def compare_offers(ws: Workspace) -> Any:
    written = request.args.get("ids", "")
    try:
        offers, fault = watching.compared(ws, written), None
    except Invalid as refused:
        offers, fault = [], refused
    return render("catalogue/compare.html", offers=offers, fault=fault, cheapest=words.cheapest(offers))
