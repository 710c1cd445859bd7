"""Envelopes by form: the browser makes salt and hash, we see the amount when the envelope is opened."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, request

from frontend import problems
from frontend.disposal.blueprint import pages
from frontend.disposal.doors import currency_of
from frontend.disposal.kinds.doors import bytes_of, in_the_book
from frontend.language import translate
from frontend.pages import marked, session_token, sign_in_again
from marketplace.disposal import actions
from marketplace.disposal.answers import Answer, refusal
from marketplace.money import Money
from tenants.errors import NotFound, Refused
from tenants.workspace import SignedOut, Workspace


def hand_in_envelope(auction_id: UUID) -> Any:
    """An envelope, by its hash alone."""

    def act(ws: Workspace, key: UUID) -> Answer:
        seal = bytes_of(request.form.get("seal", ""), "seal", "seal_unreadable", "A seal is a SHA-256 hash: 64 hexadecimal digits.")  # fmt: skip
        return actions.hand_in_envelope(ws, auction_id, seal=seal, key=key)

    return _done(auction_id, act, "Your envelope is handed in. Keep this browser, or the file, to open it.")


def open_envelope(auction_id: UUID) -> Any:
    """Amount and salt, from the browser's own keeping or from the file."""

    def act(ws: Workspace, key: UUID) -> Answer:
        amount = Money.of(request.form.get("amount", "").strip().replace(",", ""), currency_of(auction_id))
        salt = bytes_of(request.form.get("salt", ""), "salt", "salt_unreadable", "A salt has 64 hexadecimal digits.")
        return actions.open_envelope(ws, auction_id, amount=amount, salt=salt, key=key)

    return _done(auction_id, act, "Your envelope is open.")


def _done(auction_id: UUID, act: Callable[[Workspace, UUID], Answer], said: str) -> Any:
    token = session_token()
    if token is None:
        return sign_in_again()
    try:
        refused = refusal(in_the_book(token, request.form.get("_key", ""), act), currency_of(auction_id))
    except SignedOut:
        return sign_in_again()
    except NotFound:
        raise
    except Refused as told:
        refused = told
    flash(problems.reason(refused) if refused else translate(said), "refused" if refused else "ok")
    return redirect(f"/auctions/{auction_id}")


ROOT = "/auctions/<uuid:auction_id>/envelopes"
pages.add_url_rule(ROOT, "hand_in_envelope", marked(hand_in_envelope, "page"), methods=["POST"])
pages.add_url_rule(f"{ROOT}/opening", "open_envelope", marked(open_envelope, "page"), methods=["POST"])
