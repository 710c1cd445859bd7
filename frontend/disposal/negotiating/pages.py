"""Pages of negotiated sales: the seller's rooms side by side, one room with what may be said in it, the pledgor's word on the floor."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for

from frontend import entered, home
from frontend.disposal.blueprint import pages
from frontend.disposal.negotiating.told import consent_word, place_in
from frontend.language import money, translate
from frontend.pages import render
from marketplace.catalogue.wishes import count_wishes
from marketplace.disposal import actions
from marketplace.disposal.negotiating.bargaining import Wish
from marketplace.disposal.negotiating.consenting import ACT as AGREE_FLOOR
from marketplace.disposal.negotiating.consenting import consent_of, find_consent, floors_to_answer
from marketplace.disposal.negotiating.queries import find_room, market_of, offers_waiting, rooms_of, waiting_bargain
from marketplace.disposal.pledgors_people import takes_two
from marketplace.disposal.queries import find_auction, is_seller
from tenants import approvals
from tenants.approvals import Approval
from tenants.errors import Invalid
from tenants.workspace import Workspace

ROOM = "/auctions/<uuid:auction_id>/talks/<uuid:room_id>"


@pages.look("/auctions/<uuid:auction_id>/talks")
def list_rooms(ws: Workspace, auction_id: UUID) -> Any:
    """The seller's rooms side by side; a buyer finds its own."""
    auction = find_auction(ws, auction_id)
    rooms, seller = rooms_of(ws, auction), is_seller(ws, auction)
    if rooms and not seller:
        return redirect(url_for(".show_room", auction_id=auction_id, room_id=rooms[0].room_id))
    places = [place_in(ws, auction, room, rooms) for room in rooms]
    asked = consent_of(ws, auction_id) if seller else None
    return render(
        "disposal/negotiating/talks.html",
        auction=auction, places=places, seller=seller, asked=asked, consent=consent_word(asked), waiting=waiting_bargain(ws, auction_id),
        market=market_of(ws, auction) if seller else None, wishes=count_wishes(ws, auction_id) if seller else 0,
    )  # fmt: skip


@pages.look(ROOM)
def show_room(ws: Workspace, auction_id: UUID, room_id: UUID) -> Any:
    auction = find_auction(ws, auction_id)
    rooms = rooms_of(ws, auction)
    place = place_in(ws, auction, find_room(ws, auction, room_id), rooms)
    return render(
        "disposal/negotiating/talk.html",
        auction=auction, place=place, room=place.room, seller=is_seller(ws, auction), waiting=waiting_bargain(ws, auction_id),
    )  # fmt: skip


@pages.act(f"{ROOM}/offers", again="show_room")
def make_price_offer(ws: Workspace, auction_id: UUID, room_id: UUID) -> Any:
    wish = Wish(
        amount=entered.money("amount", find_auction(ws, auction_id).currency),
        firm=request.form.get("firm") == "yes",
        delivery=request.form.get("delivery", ""),
        words=request.form.get("words", ""),
    )
    proposed = actions.make_offer(ws, auction_id, room_id, wish=wish, seen=_seen())
    return _back(auction_id, room_id, proposed, "Your offer is made. It binds you until it ends.")


@pages.act(f"{ROOM}/acceptance", again="show_room")
def accept_price_offer(ws: Workspace, auction_id: UUID, room_id: UUID) -> Any:
    proposed = actions.accept_offer(ws, auction_id, room_id, seen=_seen(), because=request.form.get("because", ""))
    return _back(auction_id, room_id, proposed, "Accepted. The goods are sold at this price.")


@pages.act(f"{ROOM}/refusal", again="show_room")
def decline_price_offer(ws: Workspace, auction_id: UUID, room_id: UUID) -> Any:
    actions.decline_offer(ws, auction_id, room_id, seen=_seen())
    return _back(auction_id, room_id, None, "The offer is declined.")


@pages.act(f"{ROOM}/withdrawal", again="show_room")
def withdraw_price_offer(ws: Workspace, auction_id: UUID, room_id: UUID) -> Any:
    actions.withdraw_offer(ws, auction_id, room_id, seen=_seen())
    return _back(auction_id, room_id, None, "Your offer is withdrawn.")


@pages.look("/auctions/<uuid:auction_id>/floor")
def show_floor(ws: Workspace, auction_id: UUID) -> Any:
    asked = find_consent(ws, auction_id)
    pledgor = asked.borrower_id == ws.tenant_id
    waits = pledgor and any((one.act, one.subject_id) == (AGREE_FLOOR, auction_id) for one in approvals.waiting(ws))
    return render("disposal/negotiating/floor.html", asked=asked, consent=consent_word(asked), pledgor=pledgor, waits=waits, two=pledgor and takes_two(ws, AGREE_FLOOR))  # fmt: skip


@pages.act("/auctions/<uuid:auction_id>/floor/answer", again="show_floor")
def answer_floor(ws: Workspace, auction_id: UUID) -> Any:
    answered = actions.answer_floor(ws, auction_id, agree=request.form.get("answer") == "accept")
    words = {True: "You agree to the floor.", False: "You do not agree to the floor.", None: "A colleague has to agree too."}  # fmt: skip
    flash(translate(words[answered.agreed]), "ok")
    return redirect(url_for(".show_floor", auction_id=auction_id))


@home.needs
def words_to_give(ws: Workspace) -> list[home.Need]:
    """Offers that wait for an answer; floors that the pledgor is asked about."""
    if ws.member.is_system or ws.member.is_visitor:
        return []
    found: list[home.Need] = []
    if ws.can("prepare_disposal") or ws.can("place_bid"):
        found += [home.Need(translate("Offers to answer"), f"/auctions/{sale}/talks", count, "watch", icon="message") for sale, count in offers_waiting(ws).items()]  # fmt: skip
    if ws.can("answer_floor"):
        found += [home.Need(translate("May %(title)s go below its valuation?", title=row.title), f"/auctions/{row.auction_id}/floor", 1, "danger", money(row.floor), "scale", row.ends_at) for row in floors_to_answer(ws)]  # fmt: skip
    return found


def _seen() -> int:
    """How many offers the form was made with."""
    written = request.form.get("seen", "")
    if not written.isascii() or not written.isdigit() or len(written) > 6:
        raise Invalid("offer_moved", "Another offer has come since. Look at it first.", field="seen")
    return int(written)


def _back(auction_id: UUID, room_id: UUID, proposed: Approval | None, said: str) -> Any:
    flash(translate("Proposed. A colleague has to agree too.") if proposed else translate(said), "ok")
    return redirect(url_for(".show_room", auction_id=auction_id, room_id=room_id))
