"""Pages of surprise counts: the list, ordering one, what it came to; the walk for the phone, the phones, and the marker cards on paper."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Response, g, redirect, request, url_for
from markupsafe import Markup

from frontend import entered, paper
from frontend.application import BUILT, asset
from frontend.firms import names_of
from frontend.language import translate
from frontend.pages import Pages, render
from frontend.tenants.telling import told
from marketplace.inventory.places.queries import find_site
from marketplace.quantity import Quantity
from marketplace.stocktakes import actions, ports, queries
from marketplace.stocktakes.models import Capture, Challenge, Stocktake
from marketplace.stocktakes.rules.challenges import CARDS, MOST_AT_ONCE, Doubt, Fault
from marketplace.stocktakes.rules.sampling import CONFIDENCES, TOLERABLE
from marketplace.stocktakes.words import DOUBTS, FAULTS, REASONS, SIDES
from tenants import record, rooms
from tenants.errors import NotFound
from tenants.workspace import Workspace

pages = Pages("stocktakes", __name__)


@pages.look("/stocktakes")
def list_stocktakes(ws: Workspace) -> Any:
    found = queries.list_stocktakes(ws, status=request.args.get("status") or None)
    return render(
        "stocktakes/stocktakes.html",
        stocktakes=found,
        left={one.id: queries.left_in(ws, one.id) for one in found if one.status == "ORDERED"},
        names=names_of(ws, [firm for one in found for firm in (one.tenant_id, one.walker_id)]),
        sites=queries.countable_sites(ws) if ws.can("order_stocktake") else [],
        tonnes=_tonnes,
        query=request.args.to_dict(),
    )


@pages.look("/sites/<uuid:site_id>/stocktakes/new")
def new_stocktake(ws: Workspace, site_id: UUID) -> Any:
    ws.may("order_stocktake")
    site, lots = find_site(ws, site_id), queries.countable_lots(ws, site_id)
    if not lots:
        raise NotFound("nothing_to_count", "There are no goods at this site that you supervise or lend on.")
    owners = names_of(ws, [lot.tenant_id for lot in lots])
    walkers = {site.tenant_id: names_of(ws, [site.tenant_id])[site.tenant_id]} | owners
    if "SUPERVISOR" in ws.member.kinds:
        walkers[ws.tenant_id] = ws.member.organisation
    return render(
        "stocktakes/new_stocktake.html",
        site=site,
        lots=list(zip(lots, queries.stacks_of(ws, lots), strict=True)),
        owners=owners,
        walkers=list(walkers.items()),
        confidences=CONFIDENCES,
        tolerable=TOLERABLE,
        reasons=REASONS,
    )


@pages.act("/sites/<uuid:site_id>/stocktakes", again="new_stocktake")
def order_stocktake(ws: Workspace, site_id: UUID) -> Any:
    made = actions.order_stocktake(
        ws, site_id, walker_id=entered.chosen("walker_id"), hours=entered.whole("hours"),
        confidence=entered.share("confidence"), tolerable=entered.share("tolerable"),
    )  # fmt: skip
    return _back(made.id)


@pages.look("/stocktakes/<uuid:stocktake_id>")
def show_stocktake(ws: Workspace, stocktake_id: UUID) -> Any:
    stocktake = queries.find_stocktake(ws, stocktake_id)
    captures: dict[UUID, list[Capture]] = {}
    for capture in queries.captures_of(ws, stocktake_id):
        captures.setdefault(capture.challenge_id, []).append(capture)
    return render(
        "stocktakes/stocktake.html",
        stocktake=stocktake,
        challenges=queries.challenges_of(ws, stocktake_id),
        captures=captures,
        left=queries.left_in(ws, stocktake_id),
        names=names_of(ws, [stocktake.tenant_id, stocktake.walker_id]),
        mine=rooms.my_roles(ws, stocktake_id),
        events=told(record.events_of(ws, stocktake_id)[:30]),
        sequence=record.sequence_of(ws, stocktake_id),
        reasons=REASONS,
        tonnes=_tonnes,
    )


@pages.act("/stocktakes/<uuid:stocktake_id>/withdrawal", again="show_stocktake")
def withdraw_stocktake(ws: Workspace, stocktake_id: UUID) -> Any:
    actions.withdraw_stocktake(ws, stocktake_id)
    return _back(stocktake_id)


@pages.look("/stocktakes/<uuid:stocktake_id>/walk")
def walk(ws: Workspace, stocktake_id: UUID) -> Any:
    """The page for the phone: what was taken, and how each lot is to be shown."""
    ws.may("answer_challenge")
    stocktake = queries.find_stocktake(ws, stocktake_id)
    if "walker" not in rooms.my_roles(ws, stocktake_id):
        raise NotFound("stocktake_unknown", "There is no such surprise count.")
    opened = [one for one in queries.challenges_of(ws, stocktake_id) if one.opened_at]
    return render(
        "stocktakes/walk.html",
        stocktake=stocktake,
        to_show=[one for one in opened if _is_open(ws, one)],
        shown=[one for one in opened if one.outcome],
        left=queries.left_in(ws, stocktake_id),
        most=MOST_AT_ONCE,
        sides=SIDES,
        card=card_picture,
        phones=[[one.fingerprint, str(one.id)] for one in queries.list_phones(ws) if one.person_id == ws.person_id],
    )


@pages.act("/stocktakes/<uuid:stocktake_id>/opening", again="walk")
def open_challenges(ws: Workspace, stocktake_id: UUID) -> Any:
    actions.open_challenges(ws, stocktake_id, together=entered.whole("together"))
    return redirect(url_for(".walk", stocktake_id=stocktake_id))


@pages.look("/stocktakes/worker.js")
def walk_worker(ws: Workspace) -> Response:
    """What lets the walk be opened without a line; it reaches no further than these pages."""
    built = BUILT / asset("walk-worker.js").removeprefix("/assets/")
    return Response(built.read_bytes(), mimetype="text/javascript")


@pages.look("/stocktakes/cards.pdf")
def print_cards(ws: Workspace) -> Response:
    """The marker cards, to be printed once and kept at the gate."""
    cards = [(number, card_picture(number)) for number in range(1, CARDS + 1)]
    return paper.as_pdf("stocktakes/card_sheet.html", "marker-cards.pdf", cards=cards)


@pages.look("/phones")
def list_phones(ws: Workspace) -> Any:
    ws.may("answer_challenge")
    return render("stocktakes/phones.html", phones=queries.list_phones(ws))


@pages.act("/phones/<uuid:phone_id>/revocation", again="list_phones")
def revoke_phone(ws: Workspace, phone_id: UUID) -> Any:
    actions.revoke_phone(ws, phone_id)
    return redirect(url_for(".list_phones"))


def card_picture(number: int) -> Markup:
    """A marker card as an SVG of ten by ten squares."""
    pattern = ports.eyes().pattern(number)
    black = "".join(
        f"M{column} {row}h1v1h-1z"
        for row, squares in enumerate(pattern)
        for column, white in enumerate(squares)
        if not white
    )
    return Markup(  # noqa: S704 (made of numbers alone)
        f'<svg class="marker" viewBox="0 0 10 10" role="img" aria-label="{number}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h10v10H0z"/><path d="{black}"/></svg>'
    )


def lot_captures(lot_id: UUID) -> list[Capture]:
    """What `lot_captures.html` shows."""
    return queries.captures_of_lot(g.ws, lot_id, limit=8)


def capture_remarks(capture: Capture) -> list[str]:
    """Why a picture was refused, or proves less, in the reader's language."""
    faults = [FAULTS[Fault(code)] for code in capture.faults]
    return [translate(word) for word in (faults or [DOUBTS[Doubt(code)] for code in capture.doubts])]


for offered in (lot_captures, capture_remarks):
    pages.add_app_template_global(offered)


def _is_open(ws: Workspace, challenge: Challenge) -> bool:
    return challenge.outcome is None and challenge.expires_at is not None and challenge.expires_at >= ws.now


def _tonnes(statement: dict[str, Any] | Stocktake, name: str) -> Quantity | None:
    """A mass of the statement, of which grams are kept, in tonnes."""
    kept = statement.statement if isinstance(statement, Stocktake) else statement
    return Quantity.rounded(Decimal(kept[name]).scaleb(-6), "TNE") if kept else None


def _back(stocktake_id: UUID) -> Any:
    return redirect(url_for(".show_stocktake", stocktake_id=stocktake_id))
