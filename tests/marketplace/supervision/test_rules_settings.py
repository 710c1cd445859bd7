"""What may be set of an alarm rule, which version judges, and how a rule on trial is held against what people found."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.breaches import Debounce
from marketplace.supervision.rules.defaults import FIGURES, SETTINGS
from marketplace.supervision.rules.settings import Setting, changed, figures_of
from marketplace.supervision.rules.trials import Label, Ring, score
from marketplace.supervision.rules.versions import Scope, Version, in_force
from tenants.errors import Invalid

START = datetime(2025, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
COPPER, STEEL = "7403110000", "7214200000"
HERE, THERE = UUID(int=1), UUID(int=2)


def set_to(**figures: Any) -> Setting:
    return changed(SETTINGS["temperature"], figures, FIGURES["temperature"])


@pytest.mark.parametrize("kind", FIGURES)
def test_every_rules_figures_read_back_as_they_were_written(kind: str) -> None:
    setting = SETTINGS[kind]
    assert changed(setting, figures_of(setting, FIGURES[kind]), FIGURES[kind]) == setting


def test_figures_are_set_by_name() -> None:
    setting = set_to(low="2", high="8.5", lasting_seconds=120, severity="CRITICAL", on=False, clear_seconds="")
    assert (setting.low, setting.high, setting.is_on) == (2, Decimal("8.5"), False)
    assert setting.rule.severity is Severity.CRITICAL
    assert setting.rule.raising == Debounce(lasting=timedelta(minutes=2))
    assert setting.rule.clearing == Debounce()


@pytest.mark.parametrize(
    ("figures", "field"),
    [
        ({"low": "warm"}, "low"),
        ({"low": "NaN"}, "low"),
        ({"high": "1e9"}, "high"),
        ({"high": "1.00001"}, "high"),
        ({"lasting_seconds": "1.5"}, "lasting_seconds"),
        ({"lasting_seconds": -1}, "lasting_seconds"),
        ({"low": "8", "high": "9"}, "high"),
        ({"low": "", "high": None}, "low"),
        ({"severity": "LOUD"}, "severity"),
        ({"on": "yes"}, "on"),
        ({"tolerance_percent": "1"}, "tolerance_percent"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_figure_that_is_wrong_is_refused_by_its_name(figures: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_to(**figures)
    assert refused.value.field == field


@pytest.mark.parametrize("hours", [("20:00", "07:00"), ("07:00", "07:00"), ("25:00", "26:00"), ("seven", "8")])
def test_working_hours_are_hours_and_end_after_they_begin(hours: tuple[str, str]) -> None:
    with pytest.raises(Invalid):
        changed(SETTINGS["door_open"], dict(zip(("opens", "closes"), hours, strict=True)), FIGURES["door_open"])


def test_a_severity_as_bad_as_the_worst_does_not_get_better_with_time() -> None:
    louder = changed(SETTINGS["geofence"], {"severity": "CRITICAL"}, FIGURES["geofence"])
    assert louder.rule.worsening == ()


SCOPES = [Scope(hs_code, site) for hs_code in ("", COPPER, STEEL) for site in (None, HERE, THERE)]
WARM, COLD = set_to(high="40"), set_to(high="5")


def test_the_most_specific_scope_holds_in_its_version_of_then() -> None:
    versions = [
        Version(Scope(), START, WARM),
        Version(Scope(COPPER), START + HOUR, COLD),
        Version(Scope(COPPER), START + 3 * HOUR, None),
        Version(Scope("", HERE), START, COLD),
    ]
    there = Scope(COPPER, THERE)
    assert in_force(versions, there, START - HOUR) is None
    assert in_force(versions, there, START) == WARM
    assert in_force(versions, there, START + 2 * HOUR) == COLD
    assert in_force(versions, there, START + 3 * HOUR) == WARM, "withdrawn: the wider scope holds again"
    assert in_force(versions, Scope(STEEL, HERE), START) == COLD
    assert in_force(versions, Scope(STEEL, THERE), START) == WARM


@given(
    st.lists(st.tuples(st.sampled_from(SCOPES), st.integers(0, 20), st.sampled_from([WARM, COLD, None])), max_size=8),
    st.sampled_from([scope for scope in SCOPES if scope.hs_code and scope.site_id]),
    st.integers(-1, 21),
    st.randoms(use_true_random=False),
)
def test_what_judges_a_moment_depends_on_nothing_that_came_later_nor_on_the_order_of_rows(
    told: list[tuple[Scope, int, Setting | None]], there: Scope, hour: int, chance: Any
) -> None:
    unique = {(scope, at): setting for scope, at, setting in told}
    versions = [Version(scope, START + at * HOUR, setting) for (scope, at), setting in unique.items()]
    at = START + hour * HOUR
    found = in_force(versions, there, at)
    shuffled = chance.sample(versions, len(versions))
    assert in_force([one for one in shuffled if one.from_at <= at], there, at) == found


DEVICE, OTHER, LOT = UUID(int=7), UUID(int=8), UUID(int=9)


def ring(begin: int, end: int | None, device: UUID = DEVICE) -> Ring:
    return Ring(device, LOT, START + begin * HOUR, None if end is None else START + end * HOUR)


def test_precision_and_recall_count_what_people_judged() -> None:
    labels = [Label(ring(1, 2), True), Label(ring(5, 6), True), Label(ring(8, 9), False)]
    found = score([ring(1, 3), ring(1, 2), ring(8, 10), ring(20, 21), ring(5, 6, OTHER)], labels)
    assert (found.true, found.false, found.missed, found.unjudged) == (1, 1, 1, 2)
    assert (found.precision, found.recall) == (Fraction(1, 2), Fraction(1, 2))


def test_where_nobody_judged_anything_nothing_is_claimed() -> None:
    found = score([ring(1, 2)], [])
    assert (found.precision, found.recall, found.unjudged) == (None, None, 1)
    assert score([], []).recall is None


def test_an_open_ring_meets_whatever_comes_after() -> None:
    assert ring(1, None).meets(ring(50, 51))
    assert not ring(1, None).meets(ring(0, 0))
    assert ring(1, 2).meets(ring(2, 3))
