"""A seller that does not answer holds nobody's money up for ever: on the fifth day the operator mediates, once, and it may be decided without the answer."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions
from marketplace.disposal.accepting import mediating
from marketplace.disposal.accepting.queries import count_open_disputes
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.record import activity
from tests.factories import Person, World
from tests.marketplace.disposal.accepting.test_disputing import Disputed
from tests.marketplace.disposal.makers import cny
from tests.marketplace.financing.makers import decided

WORDS = "Split the difference: the assay tells of forty tonnes."


def heard_of(person: Person, kind: str) -> int:
    with person.ws(read_only=True) as ws:
        return sum(one.kind == kind for one in activity(ws, limit=50))


def test_what_is_not_settled_in_five_days_is_mediated_and_decided_without_an_answer(world: World) -> None:
    operator = world.firm("PLATFORM").operator
    scene = Disputed(world)
    world.advance(timedelta(days=5) - timedelta(seconds=1))
    world.work()
    assert scene.row.mediation_from is None
    with operator.ws() as ws, pytest.raises(NotFound):
        actions.propose_settlement(ws, scene.id, words=WORDS)
    world.advance(timedelta(seconds=1))
    for _ in range(2):
        world.work()
    with scene.bank.operator.ws() as ws:
        mediating.escalate_dispute(ws, scene.id)
    assert scene.row.mediation_from == world.now
    for person in (scene.buyer.operator, scene.bank.operator, scene.supervisor.operator, operator):
        assert heard_of(person, "DisputeEscalated") == 1
    with scene.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.propose_settlement(ws, scene.id, words=WORDS)
    with operator.ws() as ws:
        assert count_open_disputes(ws) == 1
        with pytest.raises(Invalid):
            actions.propose_settlement(ws, scene.id, words="Too short")
        assert actions.propose_settlement(ws, scene.id, words=WORDS).proposal == WORDS
        with pytest.raises(Conflict):
            actions.propose_settlement(ws, scene.id, words="Something else, later.")
        assert count_open_disputes(ws) == 0
    assert heard_of(scene.buyer.operator, "SettlementProposed") == 1
    scene.decide("REDUCE", reduction=cny("75000"))
    assert (scene.status(), scene.row.answer) == ("REDUCED", None)
    decided(scene.bank, scene.enforced.propose_waterfall(juniors=[]))


def test_what_was_decided_in_time_is_not_mediated(world: World) -> None:
    scene = Disputed(world).answered()
    scene.decide("REJECT")
    world.advance(timedelta(days=6))
    world.work()
    assert scene.row.mediation_from is None
    assert heard_of(scene.buyer.operator, "DisputeEscalated") == 0


def test_nobody_shortens_the_time_or_decides_in_silence_whatever_the_code_says(world: World) -> None:
    """Planted: the seller calls the mediator early, moves the day, decides without an answer, and writes the mediator's proposal and the supervisor's report. Straight into the table."""
    scene = Disputed(world)
    changes = [
        ("mediation_from = settle_by", "still have time"), ("settle_by = now()", "stands"),
        ("decision = 'REJECT', decided_because = 'x', decided_at = now()", "ck_sale_dispute_decided"), ("proposal = 'x', proposal_at = now()", "the mediator proposes"),
        ("finding = 'x', finding_at = now()", "the supervisor reports"),
    ]  # fmt: skip
    for change, because in changes:
        with scene.bank.operator.ws() as ws, pytest.raises(DBAPIError, match=because), ws.session.begin_nested():
            ws.session.execute(text(f"update house.sale_dispute set {change} where id = :id"), {"id": scene.id})
