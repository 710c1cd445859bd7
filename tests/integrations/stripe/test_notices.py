"""Notices are believed under their signature alone, while fresh, and each once."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from integrations.stripe.notices import LARGEST_BYTES, TOLERANCE_SECONDS, read_notice
from tenants.errors import Invalid
from tests.factories import World
from tests.marketplace.disposal.makers import an_auction
from tests.stripe_fake import SECRETS

AT = 1_790_000_000
AUCTION, REGISTRATION = uuid4(), uuid4()


def an_event(**other: Any) -> dict[str, Any]:
    ours = {"auction_id": str(AUCTION), "registration_id": str(REGISTRATION)}
    return {"id": "evt_1", "type": "checkout.session.completed", "data": {"object": {"metadata": ours}}} | other


def sealed(event: Any, secret: str = SECRETS[0], at: int = AT) -> tuple[bytes, str]:
    body = json.dumps(event)
    return body.encode(), stripe.WebhookSignature.generate_signature_header(body, secret, at)


@pytest.mark.parametrize("secret", SECRETS)
def test_either_secret_will_do_while_one_takes_over_from_the_other(secret: str) -> None:
    notice = read_notice(*sealed(an_event(), secret), SECRETS, AT)
    assert (notice.event_id, notice.auction_id, notice.registration_id) == ("evt_1", AUCTION, REGISTRATION)


def test_a_header_with_both_signatures_will_do() -> None:
    body, new = sealed(an_event(), "whsec_strange")
    _, old = sealed(an_event(), SECRETS[1])
    assert read_notice(body, f"{new},{old.partition(',')[2]}", SECRETS, AT).event_id == "evt_1"


@pytest.mark.parametrize("offset", [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS])
def test_five_minutes_either_way_are_fresh(offset: int) -> None:
    assert read_notice(*sealed(an_event(), at=AT + offset), SECRETS, AT)
    beyond = AT + offset + (1 if offset > 0 else -1) * (1 if offset else TOLERANCE_SECONDS + 1)
    with pytest.raises(Invalid, match="notice_stale"):
        read_notice(*sealed(an_event(), at=beyond), SECRETS, AT)


@given(st.integers(0, 400), st.integers(1, 255))
def test_a_changed_byte_is_not_believed(place: int, turn: int) -> None:
    body, signature = sealed(an_event())
    place %= len(body)
    changed = body[:place] + bytes([body[place] ^ turn]) + body[place + 1 :]
    with pytest.raises(Invalid, match="signature_wrong"):
        read_notice(changed, signature, SECRETS, AT)


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=ab", f"t={AT},v0=ab", f"t={AT},v1=ab", "t=soon,v1=ab", f"t={AT},v1=" + "é" * 9, ",", "t", "t=,v1="],
)
def test_what_is_no_signature_is_refused(header: str) -> None:
    with pytest.raises(Invalid, match="signature_wrong"):
        read_notice(sealed(an_event())[0], header, SECRETS, AT)


@pytest.mark.parametrize("event", [[], 1, None, {}, an_event(id=7), an_event(id=""), an_event(id="e" * 256), an_event(data=[]), an_event(type=None)])  # fmt: skip
def test_what_is_signed_and_no_event_is_refused(event: Any) -> None:
    with pytest.raises(Invalid, match="notice_malformed"):
        read_notice(*sealed(event), SECRETS, AT)


@pytest.mark.parametrize("about", [None, [], {}, {"metadata": None}, {"metadata": {"auction_id": "none", "registration_id": 3}}])  # fmt: skip
def test_what_is_not_ours_names_nothing(about: Any) -> None:
    notice = read_notice(*sealed(an_event(data={"object": about})), SECRETS, AT)
    assert (notice.auction_id, notice.registration_id) == (None, None)


def test_what_is_too_large_is_not_even_read() -> None:
    with pytest.raises(Invalid, match="notice_too_large"):
        read_notice(b" " * (LARGEST_BYTES + 1), "", SECRETS, AT)


def hear(world: World, body: bytes, signature: str) -> Any:
    return world.app.test_client().post("/hooks/stripe", data=body, headers={"Stripe-Signature": signature})


def test_the_door_takes_what_is_signed_and_owes_nothing_for_what_is_unknown(world: World) -> None:
    now = int(time.time())
    before = owed(world)
    assert hear(world, *sealed(an_event(), at=now)).json == {"became": "unknown"}
    assert hear(world, *sealed(an_event(data={"object": {}}), at=now)).json == {"became": "unknown"}
    for body, signature in ((sealed(an_event())), (b"{}", "t=1,v1=1")):
        answer = hear(world, body, signature)
        assert (answer.status_code, set(answer.json)) == (400, {"code"})
    assert owed(world) == before


def test_the_same_notice_is_owed_one_look_however_often_it_comes(world: World) -> None:
    sale = an_auction(world)
    buyer = sale.bidder(deposit=False)
    [registration] = world.admin.execute(
        "select registration_id from house.registration where auction_id = %s and tenant_id = %s",
        (sale.auction_id, buyer.tenant_id),
    ).fetchall()
    world.admin.execute(
        "insert into house.card_deposit (auction_id, registration_id, attempt, tenant_id, status, currency, amount_minor, taken_minor, checkout_id, url, opened_at, moved_at)"
        " values (%s, %s, 1, %s, 'EXPIRED', 'CNY', 1, 0, 'cs', '', now(), now())",
        (sale.auction_id, registration[0], buyer.tenant_id),
    )
    ours = {"auction_id": str(sale.auction_id), "registration_id": str(registration[0])}
    event = an_event(id=f"evt_{uuid4().hex}", data={"object": {"metadata": ours}})
    before = owed(world)
    told = [hear(world, *sealed(event, at=int(time.time()) - wait)).json["became"] for wait in (0, 5, 9)]
    assert told == ["taken", "seen", "seen"]
    assert owed(world) == before + 1
    world.work()  # nothing is live: it is looked at and left alone


def owed(world: World) -> int:
    row = world.admin.execute(
        "select count(*) from house.delivery where subscriber = 'cards.follow_card' and timer_key is null"
    ).fetchone()
    assert row
    return int(row[0])
