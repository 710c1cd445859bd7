"""Surprise counts from the order to the statement, on a real database with real signatures and drawn pictures."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from marketplace.stocktakes import actions, queries
from marketplace.stocktakes.models import Capture
from marketplace.stocktakes.rules.challenges import MOST_ATTEMPTS
from marketplace.stocktakes.rules.stocktakes import STOCKTAKE, StocktakeState
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tests.factories import World
from tests.integrations.vision.pictures import a_picture
from tests.marketplace.conftest import Tried
from tests.marketplace.financing.makers import at_once
from tests.marketplace.stocktakes.makers import ACount, APhone, a_count, ordered

NEVER = datetime(1, 1, 1, tzinfo=UTC)
TABLE = """
– order ORDERED
ORDERED close CLOSED
ORDERED withdraw WITHDRAWN
"""


@pytest.fixture
def count(world: World) -> ACount:
    return a_count(world)


def test_the_machine(try_machine: Tried) -> None:
    try_machine(STOCKTAKE, StocktakeState, TABLE)


def test_a_lot_that_is_shown_closes_the_count_and_is_told_on_the_lot(count: ACount) -> None:
    capture = count.answer(count.open())
    assert (capture.accepted, capture.grade, capture.faults, capture.doubts) == (True, "C", [], [])
    count.world.work()
    closed = count.row
    assert closed.status == "CLOSED"
    assert closed.statement == {
        "confidence": "0.95", "whole": True, "lots": 1, "looked_at": 1, "failed": 0, "book": 100_000_000, "least": 100_000_000,
    }  # fmt: skip
    with count.bank.operator.ws(read_only=True) as ws:
        assert [one.grade for one in queries.captures_of_lot(ws, count.lot.id)] == ["C"]


def test_what_is_short_counts_for_what_was_shown(count: ACount) -> None:
    count.answer(count.open(), counted="80.000")
    count.world.work()
    assert count.challenges()[0].outcome == "SHORT"
    statement = count.row.statement
    assert statement
    assert (statement["failed"], statement["least"]) == (1, 80_000_000)


def test_more_than_the_book_proves_no_more_than_the_book(count: ACount) -> None:
    count.answer(count.open(), counted="130.000")
    count.world.work()
    statement = count.row.statement
    assert statement
    assert (count.challenges()[0].found_qty, statement["least"]) == (Decimal("100.000"), 100_000_000)


def test_what_is_not_shown_in_time_counts_as_missing(count: ACount) -> None:
    count.open()
    count.world.advance(timedelta(hours=5))
    count.world.work()
    statement = count.row.statement
    assert statement
    assert (statement["failed"], statement["least"]) == (1, 0)
    with pytest.raises(Conflict, match="stocktake_over"):
        count.open()


def test_the_walker_learns_of_a_lot_when_it_is_opened(count: ACount) -> None:
    walker = count.warehouse.operator
    assert count.challenges(walker) == []
    hidden = count.challenges()[0].id
    with walker.ws(read_only=True) as ws, pytest.raises(NotFound):
        queries.find_challenge(ws, hidden)
    count.open()
    assert len(count.challenges(walker)) == 1


def test_a_picture_with_a_fault_is_kept_and_refused_and_may_be_taken_again(count: ACount) -> None:
    challenge = count.open()
    refused = count.answer(challenge, a_picture((challenge.cards or [])[::-1], challenge.view or ""))
    assert (refused.accepted, refused.grade, refused.faults) == (False, None, ["CARDS_MIXED"])
    assert count.challenges()[0].outcome is None
    again = count.answer(challenge)
    assert (again.accepted, again.doubts) == (True, [])


def test_after_so_many_attempts_a_lot_counts_as_not_shown(count: ACount) -> None:
    challenge = count.open()
    for attempt in range(MOST_ATTEMPTS):
        count.answer(challenge, a_picture((challenge.cards or [1])[:1], seed=attempt))
    with pytest.raises(Conflict, match="challenge_not_open"):
        count.answer(challenge)
    count.world.advance(timedelta(minutes=11))
    with pytest.raises(Conflict, match="nothing_to_open"):
        count.open()


def test_when_the_time_is_over_other_cards_are_asked_for(count: ACount) -> None:
    first = count.open()
    with pytest.raises(Conflict, match="nothing_to_open"):
        count.open()
    count.world.advance(timedelta(minutes=10, seconds=1))
    second = count.open()
    assert (first.id, second.attempts) == (second.id, 1)
    assert (second.expires_at or NEVER) > (first.expires_at or NEVER)
    late = count.answer(first, a_picture(first.cards or [], first.view or ""))
    assert late.accepted is (first.cards == second.cards and first.view == second.view)


def test_taken_in_time_and_sent_later_proves_less(count: ACount) -> None:
    challenge = count.open()
    photo = a_picture(challenge.cards or [], challenge.view or "")
    said = count.phone.say(challenge, photo, at=count.world.now, counted="100")
    count.world.advance(timedelta(hours=2))
    capture = count.send(challenge.id, photo, *said)
    assert (capture.accepted, capture.grade, capture.doubts) == (True, "D", ["SENT_LATE"])


def test_sent_twice_is_one_capture(count: ACount) -> None:
    challenge = count.open()
    photo = a_picture(challenge.cards or [], challenge.view or "")
    said = count.phone.say(challenge, photo, at=count.world.now, counted="100")
    assert count.send(challenge.id, photo, *said).id == count.send(challenge.id, photo, *said).id


def test_sent_by_six_threads_at_once_is_one_capture_and_no_failure(count: ACount) -> None:
    challenge = count.open()
    photo = a_picture(challenge.cards or [], challenge.view or "")
    said = count.phone.say(challenge, photo, at=count.world.now, counted="100")
    assert at_once(count.world, 6, lambda: count.send(challenge.id, photo, *said)) == []
    with count.supervisor.operator.ws(read_only=True) as ws:
        assert len(queries.captures_of(ws, count.id)) == 1


def test_taken_by_six_threads_at_once_a_lot_is_opened_once(count: ACount) -> None:
    refused = at_once(count.world, 6, count.open)
    assert [type(one) for one in refused] == [Conflict] * 5
    assert count.challenges()[0].attempts == 0


def test_one_left_out_of_the_chain_is_seen(count: ACount) -> None:
    challenge = count.open()
    photo = a_picture(challenge.cards or [], challenge.view or "")
    count.phone.say(challenge, photo, at=count.world.now, counted="60")  # signed, and never sent
    assert count.answer(challenge, photo).doubts == ["CHAIN_BROKEN"]


def test_a_label_of_other_goods_is_refused(count: ACount) -> None:
    challenge = count.open()
    assert count.answer(challenge, label="/01/06901234567892/10/OTHER").faults == ["OTHER_GOODS"]


@pytest.mark.parametrize("wrong", ["statement", "photo", "signature", "key"])
def test_nothing_is_taken_that_the_phone_did_not_sign(count: ACount, wrong: str) -> None:
    challenge = count.open()
    photo = a_picture(challenge.cards or [], challenge.view or "")
    statement, signature = count.phone.say(challenge, photo, at=count.world.now, counted="100")
    if wrong == "key":
        signature = APhone(count.warehouse.operator).sign(statement)
    sent = {
        "statement": statement.replace('"100"', '"101"') if wrong == "statement" else statement,
        "photo": photo + b"\0" if wrong == "photo" else photo,
        "signature": base64.b64encode(bytes(64)).decode() if wrong == "signature" else signature,
    }
    with pytest.raises(Invalid) as refused:
        count.send(challenge.id, **sent)  # type: ignore[arg-type]
    assert refused.value.field == ("photo" if wrong == "photo" else "signature")
    with count.supervisor.operator.ws(read_only=True) as ws:
        assert queries.captures_of(ws, count.id) == []


def test_a_revoked_phone_and_a_colleagues_sign_nothing(count: ACount) -> None:
    challenge = count.open()
    colleague = APhone(count.warehouse.owner)
    mine, count.phone = count.phone, colleague
    with pytest.raises(Conflict, match="phone_of_another"):
        count.answer(challenge)
    count.phone = mine
    with count.warehouse.operator.ws() as ws:
        actions.revoke_phone(ws, mine.id)
    with pytest.raises(Conflict, match="phone_revoked"):
        count.answer(challenge)


def test_the_same_key_again_is_the_same_phone(count: ACount) -> None:
    with count.warehouse.operator.ws() as ws:
        assert actions.enrol_phone(ws, name="Again", public_key=count.phone.public_key).id == count.phone.id


def test_an_owner_walks_its_own_goods_and_a_stranger_none(count: ACount) -> None:
    stocktake = ordered(count.supervisor, count.lot.site_id, count.sme)
    assert stocktake.walker_id == count.sme.tenant_id
    with pytest.raises(Invalid) as refused:
        ordered(count.supervisor, count.lot.site_id, count.world.firm("SME"))
    assert refused.value.field == "walker_id"


def test_a_bank_has_goods_counted_that_it_lends_on_and_no_others(count: ACount) -> None:
    assert ordered(count.bank, count.lot.site_id, count.warehouse).population[0]["lot_id"] == str(count.lot.id)
    with pytest.raises(NotFound, match="nothing_to_count"):
        ordered(count.world.firm("BANK"), count.lot.site_id, count.warehouse)


def test_who_is_no_part_of_it_sees_nothing(count: ACount) -> None:
    for firm in (count.sme, count.bank, count.world.firm("SUPERVISOR")):
        with firm.operator.ws(read_only=True) as ws, pytest.raises(NotFound):
            queries.find_stocktake(ws, count.id)


def test_only_supervisor_and_bank_order_and_only_the_orderer_withdraws(count: ACount) -> None:
    with pytest.raises(NotAllowed):
        ordered(count.sme, count.lot.site_id, count.warehouse)
    for firm in (
        count.bank,
        count.warehouse,
    ):  # the one sees nothing of it; the other walks it, and may order counts of its own
        with firm.operator.ws() as ws, pytest.raises(NotFound):
            actions.withdraw_stocktake(ws, count.id)
    with count.supervisor.operator.ws() as ws:
        actions.withdraw_stocktake(ws, count.id)
    with pytest.raises(Conflict, match="stocktake_over"):
        count.open()


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"hours": 0}, "hours"),
        ({"hours": 73}, "hours"),
        ({"confidence": Decimal("0.5")}, "confidence"),
        ({"tolerable": Decimal("0.5")}, "tolerable"),
    ],
)
def test_terms_out_of_range_name_their_field(count: ACount, terms: dict[str, object], field: str) -> None:
    told = {"walker_id": count.warehouse.tenant_id, "hours": 4, "confidence": Decimal("0.95"), "tolerable": Decimal("0.10")}  # fmt: skip
    with count.supervisor.operator.ws() as ws, pytest.raises(Refused) as refused:
        actions.order_stocktake(ws, count.lot.site_id, **(told | terms))  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_capture_is_never_changed(count: ACount) -> None:
    capture = count.answer(count.open())
    with pytest.raises(Exception, match="permission denied"), count.warehouse.operator.ws() as ws:
        ws.session.get_one(Capture, (capture.tenant_id, capture.id)).accepted = False
        ws.session.flush()
