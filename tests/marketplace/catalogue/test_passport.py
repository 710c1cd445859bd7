"""The lot passport: built from the goods' own evidence, field by field; the buyer sees the humidity, not the borrower."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue.passport import passport_of
from marketplace.catalogue.rules.passports import (
    CATEGORIES,
    category_of,
    climate_of,
    thinned,
)
from marketplace.catalogue.rules.tokens import tokens, wanted
from marketplace.inventory.queries import find_lot
from marketplace.reliance.queries import evidence_of
from tests.factories import World
from tests.marketplace.supervision.makers import a_scene, a_watching_device, say, values

START = datetime(2026, 3, 2, tzinfo=UTC)
points = st.lists(st.decimals(-50, 99, places=1), max_size=900).map(
    lambda figures: [(START + timedelta(minutes=n), figure) for n, figure in enumerate(figures)]
)


def test_the_passport_tells_the_goods_and_not_their_owner(world: World) -> None:
    scene = a_scene(world)
    device = a_watching_device(scene.supervisor, scene.lot.id, kind="climate")
    begin = world.now
    for metric, unit, figures in (("temperature", "Cel", [18, 19, 21, 20]), ("humidity", "%RH", [55, 61, 58])):
        say(world, device, values(metric, unit, begin, figures, every=timedelta(minutes=1)))
    with scene.bank.operator.ws(read_only=True) as ws:
        passport = passport_of(ws, scene.lot.id, world.now + timedelta(minutes=1))
        lent_by = evidence_of(ws, find_lot(ws, scene.lot.id)).grade
    assert passport["climate"]["temperature"]["highest"] == "21"
    assert (passport["climate"]["humidity"]["lowest"], passport["climate"]["humidity"]["readings"]) == ("55", 3)
    assert passport["verified"] == "498.750 TNE"
    assert passport["evidence"] == lent_by == "C", (
        "the place alone is watched; the market is told the grade of the bank"
    )
    told = json.dumps(passport)
    for secret in (
        scene.sme.name,
        str(scene.sme.tenant_id),
        scene.sme.operator.name,
        scene.lot.reference or "no reference",
        str(scene.lot.id),
    ):
        assert secret not in told


def test_of_a_lot_that_the_seller_cannot_see_there_is_nothing_to_tell(world: World) -> None:
    scene = a_scene(world)
    with world.firm("BANK").operator.ws(read_only=True) as ws:
        assert passport_of(ws, scene.lot.id, world.now) == {"evidence": "E"}


def test_goods_have_their_shelf() -> None:
    assert category_of("7403110000") == "74"
    assert category_of("9999") == category_of("") == "00"
    assert all(len(chapter) == 2 for chapter in CATEGORIES)


@given(points)
def test_a_thinned_series_keeps_its_extremes_and_its_order(series: list[tuple[datetime, Decimal]]) -> None:
    kept = thinned(series)
    assert len(kept) <= 160
    assert list(kept) == sorted(kept, key=lambda point: point[0])
    assert set(kept) <= set(series)
    if series:
        climate = climate_of(series, "Cel")
        assert climate
        figures = [value for _, value in series]
        assert (climate.lowest, climate.highest, climate.readings) == (min(figures), max(figures), len(series))
        assert {min(figures), max(figures)} <= {value for _, value in kept}


def test_tokens_of_both_languages() -> None:
    assert tokens("LME-Grade A coils") == ["lme-grade", "lme", "grade", "a", "coil"]
    assert {"电", "电解", "解铜", "电解铜"} <= set(tokens("电解铜板"))
    assert wanted("电解铜 99.95") == [["电解", "解铜"], ["99.95"]]
    assert wanted("铜") == [["铜"]]
    assert wanted("。,!?") == []
    assert tokens("ＣＵ") == ["cu"]


@given(st.text(max_size=60))
def test_what_is_indexed_is_found(text: str) -> None:
    """Whatever a text is, asking for the text finds it: every token that is asked for is there."""
    indexed = set(tokens(text))
    assert all(token in indexed for run in wanted(text) for token in run)
