"""A grade is written down when it changes, and a device that is unplugged costs availability by the published table."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from integrations.devices.simulator import SimulatedDevice
from marketplace.financing.bases.showing import base_statement
from marketplace.inventory.queries import find_lot
from marketplace.reliance import actions, queries
from marketplace.reliance.rules.grades import FEW, SILENT
from marketplace.reliance.rules.table import TABLES, Grade
from marketplace.valuation.actions import revalue
from marketplace.valuation.valuing import pledged_goods
from tenants.events import Event
from tests.factories import World
from tests.marketplace.financing.makers import ADeal, a_drawable_deal, draw
from tests.marketplace.supervision.makers import Scene, a_scene, a_watching_device, say, weights


def test_a_grade_is_kept_once_and_told_when_its_letter_changes(world: World) -> None:
    scene = a_scene(world)
    scale = a_watching_device(scene.supervisor, scene.lot.id)
    a_day_on(world, scale, 498_750)
    assert _graded(world, scene) == []
    world.advance(timedelta(minutes=10))
    assert _graded(world, scene) == ["B"]
    world.advance(timedelta(minutes=2))
    assert _graded(world, scene) == ["B"]
    with scene.bank.operator.ws(read_only=True) as ws:
        kept = queries.grades_of(ws, scene.lot.id)
        assert [(one.grade, one.version) for one in kept] == [("B", TABLES[-1].version), ("A", TABLES[-1].version)]
        assert queries.evidence_of(ws, find_lot(ws, scene.lot.id)).grade is Grade.B


def test_the_pledgor_grades_nothing(world: World) -> None:
    scene = a_scene(world)
    with pytest.raises(Exception, match="row-level security"), scene.sme.operator.ws() as ws:
        actions.grade_lot(ws, scene.lot.id)


def test_an_unplugged_scale_shrinks_what_may_be_drawn_by_the_table_with_reasons(world: World) -> None:
    deal = a_drawable_deal(world, devices_required=True)
    deal.price("20000")
    scale = a_watching_device(deal.parties.supervisor, deal.lots[0].id, interval_seconds=600)
    kilograms = int(deal.lots[0].verified_qty * 1000)
    a_day_on(world, scale, kilograms)
    full, _, reasons = _carries(deal)
    assert reasons == []
    world.advance(timedelta(minutes=75))
    lower, told, reasons = _carries(deal)
    assert reasons == [SILENT]
    row = TABLES[-1].points(Grade.C)
    assert row is not None
    assert lower < full
    assert [line for line in told if line.startswith("Evidence of grade")]
    world.advance(timedelta(hours=20))
    nothing, told, reasons = _carries(deal)
    assert nothing == 0
    assert FEW not in reasons
    assert told[1] == "Too few readings of these goods have arrived."


def a_day_on(world: World, scale: SimulatedDevice, kilograms: int) -> None:
    """A whole day in which the scale was heard."""
    start = world.now
    world.advance(timedelta(days=1))
    say(world, scale, weights(start, [kilograms] * 145, every=timedelta(minutes=10)))


def _graded(world: World, scene: Scene) -> list[str]:
    """The changes told in the lot's chain after its supervisor has graded it."""
    with scene.supervisor.operator.ws() as ws:
        actions.grade_lot(ws, scene.lot.id)
    with scene.bank.operator.ws(read_only=True) as ws:
        wanted = select(Event.facts).where(Event.stream_id == scene.lot.id, Event.kind == "EvidenceGraded")
        return [json.loads(facts)["grade"] for facts in ws.session.scalars(wanted.order_by(Event.sequence))]


def _carries(deal: ADeal) -> tuple[Decimal, list[str], list[str]]:
    """What the goods carry by a valuation of now, the lines that say so, and what speaks against the lot."""
    with deal.bank.operator.ws() as ws:
        value = revalue(ws, deal.deal_id, pledged_goods(ws, deal.deal_id), cause="request")
        reasons = list(value.lines[0].reasons)
    with deal.bank.operator.ws(read_only=True) as ws:
        statement = base_statement(ws, deal.deal_id)
        return statement.base.amount.amount, [line.says for line in statement.lines], reasons


def test_silence_that_goes_on_shrinks_what_may_be_drawn_without_anybody_asking(world: World) -> None:
    """A scale is unplugged and nobody touches the deal: by the clock alone the base falls by the table, and then to nothing."""
    deal = a_drawable_deal(world, devices_required=True)
    deal.price("20000")
    scale = a_watching_device(deal.parties.supervisor, deal.lots[0].id, interval_seconds=60)
    a_day_on(world, scale, int(deal.lots[0].verified_qty or 0) * 1000)
    full, *_ = _carries(deal)
    draw(deal, "1000000.00", "PAY-1")
    said, since = [], world.now
    for minutes in (5, 40, 130, 170, 320):
        world.set_clock(since + timedelta(minutes=minutes))
        world.work()
        with deal.bank.operator.ws(read_only=True) as ws:
            statement = base_statement(ws, deal.deal_id)
            assert statement.value
            said.append((statement.value.lines[0].evidence_grade, statement.base.amount.amount))
    grades, amounts = zip(*said, strict=True)
    assert grades == ("B", "C", "D", "D", "E")
    assert list(amounts) == sorted(amounts, reverse=True)
    assert (amounts[0] < full, amounts[-1]) == (True, 0)
