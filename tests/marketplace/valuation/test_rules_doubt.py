"""Doubt about evidence moves money by the published table: never up."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.availability import Drawn, availability_of, explain
from marketplace.money import Money, total
from marketplace.quantity import Quantity
from marketplace.reliance.rules.grades import TOO_FEW, Known, grade_evidence
from marketplace.reliance.rules.table import TABLES, Grade
from marketplace.valuation.rules.base import UNPROVEN, UNWATCHED, Base, Carried, Standing, bar, borrowing_base
from marketplace.valuation.rules.base import Limits as AgeLimits
from marketplace.valuation.rules.doubt import Cut, haircut_with
from marketplace.valuation.rules.prices import UnitPrice
from marketplace.valuation.rules.worth import Goods, worth
from tenants.errors import Invalid
from tests.marketplace.reliance.test_rules import BEST, KNOWN

TABLE = TABLES[-1]
PRICE = UnitPrice(Decimal("19850"), "CNY", "TNE")
THIRTY = Decimal("0.30")


def test_points_come_on_top_where_devices_are_required_and_nowhere_else() -> None:
    doubtful = grade_evidence(replace(BEST, coverage=Decimal("0.90")), TABLE)
    asked = haircut_with(THIRTY, Decimal("0.01"), doubtful, coverage=Decimal("0.90"), required=True)
    assert (asked.plain, asked.points, asked.whole) == (Decimal("0.31"), Decimal("0.05"), Decimal("0.36"))
    unasked = haircut_with(THIRTY, Decimal("0.01"), doubtful, coverage=Decimal("0.90"), required=False)
    assert (unasked.whole, unasked.reasons) == (Decimal("0.31"), ())


def test_goods_without_a_fixed_device_do_not_count_where_devices_are_required_whatever_a_phone_shows() -> None:
    shown = grade_evidence(Known(inspected_days=1, phone="C", phone_days=1), TABLE)
    cut = haircut_with(THIRTY, Decimal(0), shown, coverage=0, required=True)
    assert (shown.grade, cut.watched, cut.proven, cut.whole) == (Grade.C, False, True, 1)
    assert cut.reasons[0] == TOO_FEW
    assert bar(Standing(watched=cut.watched, proven=cut.proven), AgeLimits()) == UNWATCHED
    assert bar(Standing(proven=False), AgeLimits()) == UNPROVEN
    with pytest.raises(Invalid):
        haircut_with(THIRTY, Decimal(0), shown, coverage=Decimal("1.01"), required=True)


def test_evidence_that_carries_no_loan_takes_all_of_the_value_and_no_haircut_more() -> None:
    assert Cut(THIRTY, proven=False).whole == Cut(THIRTY, watched=False).whole == Cut(Decimal("0.9"), Decimal("0.2")).whole == 1  # fmt: skip
    best = grade_evidence(BEST, TABLE)
    assert haircut_with(Decimal("0.9"), Decimal("0.2"), best, coverage=1, required=False).plain == 1
    unproven = haircut_with(THIRTY, Decimal(0), grade_evidence(Known(), TABLE), coverage=1, required=True)
    assert (unproven.watched, unproven.proven, unproven.points, unproven.whole) == (True, False, 0, 1)


@pytest.mark.parametrize(("coverage", "watched"), [("0.80", True), ("0.7999", False)])
def test_four_fifths_of_a_day_s_readings_are_enough(coverage: str, watched: bool) -> None:
    cut = haircut_with(THIRTY, Decimal(0), grade_evidence(BEST, TABLE), coverage=Decimal(coverage), required=True)
    assert (cut.watched, cut.reasons[:1] == (TOO_FEW,)) == (watched, not watched)


def test_what_doubt_costs_is_a_line_of_its_own_and_the_lines_still_add_up() -> None:
    base = _base([_carried(grade_evidence(replace(BEST, weighed=None), TABLE).grade, "0.30", "0.02")])
    lines = explain(base, base.eligible, Drawn(None, None, Money.zero("CNY"), Money.zero("CNY")))
    told = {line.says: line for line in lines}
    doubt = told["Evidence of grade %(grade)s: a larger haircut"]
    assert (str(doubt.amount), doubt.facts) == ("CNY -39700.00", (("grade", "B"),))
    assert str(told["Haircuts"].amount) == "CNY -595500.00"
    assert str(told["Borrowing base"].amount) == "CNY 1349800.00"


@given(KNOWN, KNOWN, st.decimals("0", "1", places=2), st.booleans())
def test_availability_never_rises_when_the_grade_falls(
    one: Known, other: Known, haircut: Decimal, required: bool
) -> None:
    """The same goods, the same readings, the worse grade: less may be drawn, or as much."""
    better, worse = sorted(
        (grade_evidence(one, TABLE), grade_evidence(other, TABLE)), key=lambda found: found.grade.rank
    )
    drawn = Drawn(Money(10**12, "CNY"), Decimal(1), Money.zero("CNY"), Money.zero("CNY"))
    left = []
    for found in (better, worse):
        cut = haircut_with(haircut, Decimal(0), found, coverage=1, required=required)
        barred = "" if cut.proven and cut.watched else UNPROVEN
        carried = _carried(found.grade, str(cut.plain), str(cut.points), barred)
        base = _base([carried])
        assert total(base.doubts.values(), "CNY") <= base.haircuts
        left.append(availability_of(explain(base, base.eligible, drawn)))
    assert left[1] <= left[0]


def _carried(grade: Grade, plain: str, points: str, barred: str = "") -> Carried:
    whole = min(Decimal(1), Decimal(plain) + Decimal(points))
    value, before = (worth(Goods(Quantity.of("100", "TNE"), PRICE, Decimal(1), Decimal(1), h)) for h in (whole, Decimal(plain)))  # fmt: skip
    doubt = before.collateral_value - value.collateral_value
    return Carried("CU", value.market_value, value.market_value, value.collateral_value, barred, "", grade.value, doubt)


def _base(goods: list[Carried]) -> Base:
    return borrowing_base(goods, "CNY")
