"""The way in for bids: a bid brings its session's token and its own key, and travels to the database with the bids of others (flat combining).

So it opens no workspace of its own: the database checks the token, the role, the deposit and the key of each bid, in the call that decides it.
"""

import functools
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypedDict
from uuid import NAMESPACE_OID, UUID, uuid5

from flask import flash, jsonify, redirect, request
from werkzeug.wrappers import Response

from frontend import problems
from frontend.api import bearer
from frontend.disposal.amounts import shaped
from frontend.language import translate
from frontend.pages import session_token, sign_in_again
from marketplace.disposal.bidding import Answer, Outcome, combiner, refusal, require_limit
from marketplace.disposal.queries import find_auction
from marketplace.disposal.record.receipts import receipt_of
from marketplace.money import Money
from tenants.errors import Invalid, NotFound, Refused
from tenants.idempotency import LONGEST_KEY
from tenants.workspace import SignedOut, VisitorKey, enter

# The currency of an auction stands still from its announcement, so it is asked for once.
_currencies: dict[UUID, str] = {}


def currency_of(auction_id: UUID) -> str:
    """The currency that an auction is held in. Refuses one that is not published."""
    if auction_id not in _currencies:
        with enter(VisitorKey(), read_only=True) as ws:
            _currencies[auction_id] = find_auction(ws, auction_id).currency
    return _currencies[auction_id]


def is_currency_known(auction_id: UUID) -> bool:
    """Whether this process has asked for an auction's currency already, so that reading a bid in it needs no database."""
    return auction_id in _currencies


def carried(token: str, auction_id: UUID, amount: str, limit: str, key: str) -> Answer:
    """Carry one bid over. See `read_bid`."""
    return combiner.place(auction_id, token=token, **read_bid(auction_id, amount, limit, key))


class ReadBid(TypedDict):
    """A bid as the combiner takes it, amounts in minor units."""

    minor: int
    limit: int | None
    key: UUID


def read_bid(auction_id: UUID, amount: str, limit: str, key: str) -> ReadBid:
    """`amount` in major units, or `limit`, up to which the house bids, or both; `key` is any text, the same for the same bid. Refuses an unreadable amount
    and an empty key.
    """
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid(
            "idempotency_key_wrong", "The idempotency key has to have 1 to 255 characters.", field="Idempotency-Key"
        )
    most = _read(auction_id, limit, "limit") if limit.strip() else None
    money = Money(1, currency_of(auction_id)) if most and not amount.strip() else _read(auction_id, amount, "amount")
    require_limit(money, most)
    return {"minor": money.minor, "limit": most.minor if most else None, "key": uuid5(NAMESPACE_OID, key)}


def receipt_told(auction_id: UUID, answer: Answer) -> dict[str, Any]:
    """An answered bid as a call tells it: a `BidReceipt` as JSON has it, so that the lane can write it as it is. Raises what was refused."""
    currency = currency_of(auction_id)
    refused = refusal(answer, currency)
    if refused is not None:
        raise refused
    receipt = receipt_of(auction_id, answer, currency)
    assert receipt is not None, "an accepted bid is in the book"
    return {"sequence": answer.sequence, "paddle": answer.paddle, "amount": shaped(receipt.amount), "at": _stamp(answer.at),
            "ends_at": _stamp(answer.ends_at), "leads": answer.leads, "receipt": receipt.told()}  # fmt: skip


def _stamp(at: datetime | None) -> str:
    """A moment as shapes write it: to the microsecond, and whole seconds without them."""
    assert at is not None, "an accepted bid has its times"
    return at.isoformat().replace("+00:00", "Z")


def _read(auction_id: UUID, amount: str, field: str) -> Money:
    try:
        money = Money.of(amount.strip().replace(",", ""), currency_of(auction_id))
    except Invalid as wrong:
        raise Invalid(wrong.code, wrong.because, field=field, **wrong.facts) from wrong
    if money.minor <= 0:
        raise Invalid("amount_not_positive", "A bid is above zero.", field=field)
    return money


def bid_from_page(auction_id: UUID) -> Response:
    """A bid by form: told as JSON to the bid panel, as a flash on the auction's page to a browser without script."""
    token = session_token()
    if token is None:
        return sign_in_again()
    try:
        told = (request.form.get(name, "") for name in ("amount", "limit", "_key"))
        answer = carried(token, auction_id, *told)
        refused = refusal(answer, currency_of(auction_id))
    except SignedOut:
        return sign_in_again()
    except NotFound:
        raise
    except Refused as told:
        answer, refused = None, told
    return _as_json(auction_id, answer, refused) if _wants_json() else _as_page(auction_id, answer, refused)


def bid_door(view: Callable[..., Any], _status: int) -> Callable[..., Any]:
    """The same for the API: the view is given token and key in place of a workspace."""

    @functools.wraps(view)
    def call(**arguments: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            raise Invalid(
                "idempotency_key_missing", "Send an Idempotency-Key header with every POST.", field="Idempotency-Key"
            )
        return view(bearer(), key, **arguments)

    return call


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def _as_json(auction_id: UUID, answer: Answer | None, refused: Refused | None) -> Response:
    """What the bid panel shows and keeps: the receipt of a refused bid too, since it proves that the bid was made."""
    receipt = receipt_of(auction_id, answer, currency_of(auction_id)) if answer else None
    told = problems.problem(refused) if refused else jsonify({"detail": _fate(answer)})
    if receipt and answer:
        told.set_data(json.dumps(told.get_json() | {"leads": answer.leads, "receipt": dict(receipt.told())}))
    return told


def _fate(answer: Answer | None) -> str:
    """What became of a bid that was taken: it leads, or a rival's limit outdid it at once."""
    if answer is not None and answer.outcome is Outcome.RAISED:
        return translate("Your limit is raised")
    return (
        translate("Bid accepted") if answer is None or answer.leads else translate("Another bidder’s limit is higher")
    )


def _as_page(auction_id: UUID, answer: Answer | None, refused: Refused | None) -> Response:
    outdone = answer is not None and not answer.leads
    flash(problems.reason(refused) if refused else _fate(answer), "refused" if refused or outdone else "ok")
    return redirect(f"/auctions/{auction_id}")
