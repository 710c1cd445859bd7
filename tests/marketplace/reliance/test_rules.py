"""The grade of evidence: the published table, and that nothing that gets worse makes it better."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.language import _chinese
from marketplace.reliance.rules import grades as rules
from marketplace.reliance.rules.grades import Known, Watching, grade_evidence
from marketplace.reliance.rules.table import TABLES, Grade, table_on

TABLE = TABLES[-1]
MINUTE = timedelta(minutes=1)
SCALE = Watching("weight", MINUTE, MINUTE)
BEST = Known(devices=(SCALE,), coverage=1, weighed=1, inspected_days=3)


def test_a_calibrated_scale_that_speaks_and_a_fresh_inspection_are_the_best() -> None:
    found = grade_evidence(BEST, TABLE)
    assert (found.grade, found.points, found.against) == (Grade.A, Decimal("0.00"), ())


@pytest.mark.parametrize(
    ("worse", "grade", "says"),
    [
        ({"coverage": Decimal("0.9499")}, Grade.C, rules.FEW),
        ({"coverage": Decimal("0.80")}, Grade.C, rules.FEW),
        ({"coverage": Decimal("0.7999")}, Grade.E, rules.TOO_FEW),
        ({"calibrated": False}, Grade.E, rules.EXPIRED),
        ({"weighed": None}, Grade.B, rules.NOT_WEIGHED),
        ({"weighed": Decimal("0.994")}, Grade.C, rules.PARTLY),
        ({"weighed": Decimal("0.5")}, Grade.D, rules.PARTLY),
        ({"inspected_days": 181}, Grade.B, rules.UNSEEN),
        ({"inspected_days": 366}, Grade.C, rules.UNSEEN),
        ({"inspected_days": None}, Grade.D, rules.UNSEEN),
        ({"devices": (replace(SCALE, quiet=3 * MINUTE),)}, Grade.A, ""),
        ({"devices": (replace(SCALE, quiet=4 * MINUTE),)}, Grade.B, rules.SILENT),
        ({"devices": (replace(SCALE, quiet=31 * MINUTE),)}, Grade.C, rules.SILENT),
        ({"devices": (replace(SCALE, quiet=121 * MINUTE),)}, Grade.D, rules.SILENT),
        ({"devices": (replace(SCALE, quiet=timedelta(hours=25)),)}, Grade.E, rules.SILENT),
        ({"devices": (replace(SCALE, quiet=4 * MINUTE), replace(SCALE, quiet=31 * MINUTE))}, Grade.C, rules.SILENT),
        ({"devices": (replace(SCALE, kind="camera"),), "weighed": None}, Grade.B, rules.ONLY_SEEN),
        ({"devices": (replace(SCALE, kind="climate"),), "weighed": None}, Grade.C, rules.ONLY_WATCHED),
        ({"devices": ()}, Grade.E, rules.NOTHING),
        ({"devices": (), "phone": "C", "phone_days": 1}, Grade.C, rules.BY_PHONE),
        ({"devices": (), "phone": "D", "phone_days": 1}, Grade.D, rules.BY_DOUBTFUL_PHONE),
        ({"devices": (), "phone": "C", "phone_days": 181}, Grade.E, rules.NOTHING),
        ({"doubts": frozenset({"gap", "firmware"})}, Grade.C, rules.DOUBTED),
        ({"doubts": frozenset({"temperature"})}, Grade.A, ""),
    ],
)  # fmt: skip
def test_each_doubt_has_its_grade_and_says_so(worse: dict[str, object], grade: Grade, says: str) -> None:
    found = grade_evidence(replace(BEST, **worse), TABLE)  # type: ignore[arg-type]
    assert found.grade is grade
    assert says in {one.says for one in found.against} | {""}


CAMERA, CLIMATE = replace(SCALE, kind="camera"), replace(SCALE, kind="climate")
UNCOUNTED: dict[str, object] = {"inspected_days": None}
UNWATCHED: dict[str, object] = {"devices": (), "inspected_days": None}


@pytest.mark.parametrize(
    ("factor", "known", "grade", "says", "figure"),
    [
        ("independence", {}, "A", rules.IN_ORDER, "2"),
        ("independence", {"calibrated": False}, "B", rules.ALONE, "1"),
        ("independence", {"inspected_days": 180, "devices": (CAMERA,)}, "A", rules.IN_ORDER, "2"),
        ("independence", {"inspected_days": 181}, "B", rules.ALONE, "1"),
        ("independence", UNCOUNTED | {"devices": (SCALE, CAMERA)}, "A", rules.IN_ORDER, "2"),
        ("independence", UNCOUNTED | {"devices": (CAMERA,)}, "B", rules.ALONE, "1"),
        ("independence", UNCOUNTED | {"devices": (CLIMATE,)}, "D", rules.NO_SOURCE, "0"),
        ("independence", UNWATCHED | {"phone": "C", "phone_days": 180}, "B", rules.ALONE, "1"),
        ("independence", UNWATCHED | {"phone": "C", "phone_days": 181}, "D", rules.NO_SOURCE, "0"),
        ("independence", UNWATCHED | {"phone_days": 3}, "D", rules.NO_SOURCE, "0"),
        ("count", {"inspected_days": 180}, "A", rules.IN_ORDER, "180"),
        ("count", {"inspected_days": 365}, "B", rules.UNSEEN, "365"),
        ("count", {"inspected_days": 400, "phone_days": 10}, "A", rules.IN_ORDER, "10"),
        ("device", {"devices": (CLIMATE, SCALE)}, "A", rules.IN_ORDER, None),
        ("device", {"devices": (CAMERA, CLIMATE)}, "B", rules.ONLY_SEEN, None),
        ("device", UNWATCHED | {"phone_days": 1}, "E", rules.NOTHING, None),
        ("calibration", {}, "A", rules.IN_ORDER, None),
        ("freshness", {"devices": (SCALE, Watching("camera", 90 * MINUTE, 60 * MINUTE))}, "A", rules.IN_ORDER, "1.50"),
        ("freshness", {"devices": (replace(SCALE, quiet=30 * MINUTE),)}, "B", rules.SILENT, "0.50"),
        ("coverage", {"coverage": Fraction(2, 3)}, "E", rules.TOO_FEW, "0.6667"),
        ("quantity", {"weighed": Fraction(2, 3)}, "D", rules.PARTLY, "0.6667"),
    ],
)  # fmt: skip
def test_each_factor_by_itself(factor: str, known: dict[str, object], grade: str, says: str, figure: str | None) -> None:  # fmt: skip
    [found] = [one for one in grade_evidence(replace(BEST, **known), TABLE).findings if one.factor == factor]  # type: ignore[arg-type]
    assert (found.grade, found.says, found.figure) == (grade, says, figure and Decimal(figure))


def test_of_goods_without_devices_no_device_is_asked_and_the_gravest_is_told_first() -> None:
    shown = grade_evidence(Known(phone="C", phone_days=1), TABLE)
    assert [one.factor for one in shown.findings] == ["device", "independence", "count", "doubts"]
    told = grade_evidence(replace(BEST, weighed=None, calibrated=False, doubts=frozenset({"firmware"})), TABLE)
    assert [one.grade for one in told.against] == ["E", "C", "B", "B"]


def test_the_table_never_charges_less_for_less_and_never_changes_back() -> None:
    for table in TABLES:
        points = [row.points for row in table.rows]
        assert [row.grade for row in table.rows] == list(Grade)
        known = [one for one in points if one is not None]
        assert known == sorted(known)
        assert points[-1] is None
    assert [one.since for one in TABLES] == sorted(one.since for one in TABLES)
    assert len({one.version for one in TABLES}) == len(TABLES)
    assert table_on(date(2020, 1, 1)) is TABLES[0]
    assert table_on(date(2999, 1, 1)) is TABLES[-1]


KINDS = st.sampled_from(["weight", "combined", "tag_reader", "camera", "climate", "door", "smoke", "gateway"])
QUIET = st.integers(0, 3000).map(lambda minutes: timedelta(minutes=minutes))
DEVICES = st.builds(Watching, KINDS, QUIET, st.integers(1, 600).map(lambda minutes: timedelta(minutes=minutes)))
SHARES = st.fractions(0, 1, max_denominator=1000)
DAYS = st.none() | st.integers(0, 1000)
DOUBTS = st.frozensets(st.sampled_from([*TABLE.doubts, "smoke", "temperature"]))
KNOWN = st.builds(
    Known, st.lists(DEVICES, max_size=4).map(tuple), st.booleans(), SHARES, st.none() | SHARES, DAYS,
    st.sampled_from([None, "C", "D"]), DAYS, DOUBTS,
)  # fmt: skip


def _older(days: int | None, by: int) -> int | None:
    return None if days is None or by > 900 else days + by


@given(KNOWN, st.integers(0, 1000), SHARES, QUIET, DOUBTS, st.booleans())
def test_the_grade_never_rises_when_any_evidence_worsens(
    known: Known, days: int, share: Fraction, quiet: timedelta, doubts: frozenset[str], lapsed: bool
) -> None:
    before = grade_evidence(known, TABLE)
    quieter = tuple(replace(one, quiet=one.quiet + quiet) for one in known.devices)
    worse: list[dict[str, object]] = [
        {"coverage": Fraction(known.coverage) * share},
        {"weighed": None if known.weighed is None else Fraction(known.weighed) * share},
        {"calibrated": known.calibrated and not lapsed},
        {"inspected_days": _older(known.inspected_days, days)},
        {"phone_days": _older(known.phone_days, days)},
        {"phone": "D" if known.phone else None},
        {"doubts": known.doubts | doubts},
        {"devices": quieter},
    ]
    for one in worse:
        after = grade_evidence(replace(known, **one), TABLE)  # type: ignore[arg-type]
        assert after.grade.rank >= before.grade.rank, one
    together = grade_evidence(replace(known, **{name: value for one in worse for name, value in one.items()}), TABLE)  # type: ignore[arg-type]
    assert together.grade.rank >= before.grade.rank


def test_every_sentence_and_factor_has_its_chinese() -> None:
    said = {text for name, text in vars(rules).items() if name.isupper() and type(text) is str} | set(
        rules.FACTORS.values()
    )
    assert len(said) == 24
    assert not said - set(_chinese())
