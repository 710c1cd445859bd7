"""The door for Stripe's notices: `POST /hooks/stripe`. No session: the signature over the raw body is the credential.

What it may do is small on purpose: have one deposit or one fee invoice looked up again. So every order, a repetition and a forgery by somebody who knows the secret all end
in what Stripe itself says when it is asked.
"""

import time

from flask import Blueprint, abort, current_app, request
from flask.typing import ResponseReturnValue

from integrations.stripe.notices import LARGEST_BYTES, read_notice
from marketplace.billing.collecting.following import take_fee_notice
from marketplace.disposal.cards.actions import take_notice
from tenants.errors import Invalid

door = Blueprint("stripe_door", __name__, url_prefix="/hooks")


@door.post("/stripe")
def hear_stripe() -> ResponseReturnValue:
    """Take one notice. What Stripe did not sign is answered with 400, so that it shows on Stripe's own page of failures."""
    secrets = current_app.config["STRIPE_WEBHOOK_SECRET"].split(",")
    if (request.content_length or 0) > LARGEST_BYTES:
        abort(413)
    try:
        notice = read_notice(request.get_data(), request.headers.get("Stripe-Signature", ""), secrets, time.time())
    except Invalid as refused:
        return {"code": refused.code}, 400
    if notice.auction_id is not None and notice.registration_id is not None:
        return {"became": take_notice(notice.event_id, notice.kind, notice.auction_id, notice.registration_id)}
    if (notice.invoice_id, notice.mandate_id, notice.payment_id) == (None, None, None):
        return {"became": "unknown"}
    about = {"invoice_id": notice.invoice_id, "mandate_id": notice.mandate_id}
    return {"became": take_fee_notice(notice.event_id, notice.kind, **about, payment_id=notice.payment_id)}


hear_stripe.is_public = True  # type: ignore[attr-defined]
