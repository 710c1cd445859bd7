"""The borrowing base adds up to the fen, counts nothing twice, and bars what it cannot trust."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.language import _chinese
from marketplace.money import Money, total
from marketplace.valuation.rules import base as rules
from marketplace.valuation.rules.base import Carried, Limits, Reserve, Standing, bar, borrowing_base
from tenants.errors import Invalid


def _cny(amount: str | int) -> Money:
    return Money.of(amount, "CNY")


def lot(kind: str, market: str, rate: str, *, gross: str | None = None, barred: str = "") -> Carried:
    value = _cny(market)
    return Carried(kind, _cny(gross) if gross else value, value, value.times(Decimal(rate)), barred)


E20 = [lot("AL", "9925000", "0.70"), lot("CU", "4710000", "0.75"), lot("HRC", "2653920", "0.65")]


def test_e20_mixed_goods_at_their_advance_rates() -> None:
    assert [one.collateral for one in E20] == [_cny("6947500"), _cny("3532500"), _cny("1725048")]
    assert borrowing_base(E20, "CNY").amount == _cny("12205048.00")


def test_caps_reserves_and_bars_come_off_in_turn() -> None:
    goods = [*E20, lot("AL", "1000000", "0.70", gross="1200000", barred=rules.FROZEN)]
    reserves = [Reserve("storage", _cny("57548"))]
    told = borrowing_base(goods, "CNY", cap=Decimal("0.40"), reserves=reserves)
    assert told.ineligible == {rules.MISSING: _cny("200000"), rules.FROZEN: _cny("1000000")}
    assert told.gross == _cny("18488920")
    assert told.eligible == _cny("17288920")
    assert told.over_cap == {"AL": _cny("6947500") - _cny("4882019.20")}
    assert told.amount == _cny("12205048") - _cny("2065480.80") - _cny("57548")


@pytest.mark.parametrize(
    ("market", "ahead", "barred", "parts"),
    [
        ("70", "20", "", {rules.MISSING: "10", rules.AHEAD: "20"}),
        ("70", "20", rules.FROZEN, {rules.MISSING: "10", rules.AHEAD: "20", rules.FROZEN: "70"}),
        ("0", "0", rules.EXPIRED, {rules.EXPIRED: "100"}),
        ("0", "70", rules.FROZEN, {rules.MISSING: "30", rules.AHEAD: "70"}),
    ],
)
def test_what_does_not_count_has_one_reason_for_each_part(
    market: str, ahead: str, barred: str, parts: dict[str, str]
) -> None:
    goods = Carried("AL", _cny("100"), _cny(market), _cny("0"), barred, ahead=_cny(ahead))
    assert borrowing_base([goods], "CNY").ineligible == {why: _cny(part) for why, part in parts.items()}


def test_reserves_above_all_leave_nothing_and_not_less() -> None:
    assert borrowing_base(E20[:1], "CNY", reserves=[Reserve("storage", _cny("9000000"))]).amount == _cny(0)


@pytest.mark.parametrize("cap", [0, Decimal("1.01"), -1])
def test_refuses_a_cap_that_is_none(cap: Decimal | int) -> None:
    with pytest.raises(Invalid):
        borrowing_base(E20, "CNY", cap=cap)
    with pytest.raises(Invalid):
        borrowing_base(E20, "CNY", reserves=[Reserve("storage", _cny(-1))])


def minor(most: int = 10**12) -> st.SearchStrategy[int]:
    return st.integers(0, most)


@st.composite
def lots(draw: st.DrawFn) -> Carried:
    gross = draw(minor())
    market = draw(minor(gross))
    barred = draw(st.sampled_from(["", "", rules.FROZEN, rules.STALE]))
    parts = (Money(one, "CNY") for one in (gross, market, draw(minor(market))))
    return Carried(draw(st.sampled_from(["AL", "CU", "ZN"])), *parts, barred)


caps = st.decimals(Decimal("0.01"), 1, places=4)


@given(st.lists(lots(), max_size=8), caps, minor())
def test_the_parts_add_up_and_no_kind_is_above_its_cap(goods: list[Carried], cap: Decimal, held: int) -> None:
    told = borrowing_base(goods, "CNY", cap=cap, reserves=[Reserve("storage", Money(held, "CNY"))])
    assert told.gross - total(told.ineligible.values(), "CNY") == told.eligible
    assert told.collateral == total((one.collateral for one in goods if not one.barred), "CNY")
    left = told.collateral - total(told.over_cap.values(), "CNY") - Money(held, "CNY")
    assert told.amount == left.at_least_zero()
    for kind in ("AL", "CU", "ZN"):
        counted = total((one.collateral for one in goods if one.kind == kind and not one.barred), "CNY")
        within = counted - told.over_cap.get(kind, _cny(0))
        assert within.exact <= told.collateral.exact * cap.as_integer_ratio()[0] / cap.as_integer_ratio()[1]
    assert all(amount.minor > 0 for amount in (*told.ineligible.values(), *told.over_cap.values()))


@given(st.lists(lots(), min_size=1, max_size=8), st.data())
def test_invariant_19_barring_a_lot_or_holding_more_back_never_helps(goods: list[Carried], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(goods) - 1))
    worse = [replace(one, barred=rules.ALARMED) if n == place else one for n, one in enumerate(goods)]
    held = Reserve("storage", Money(data.draw(minor()), "CNY"))
    assert borrowing_base(worse, "CNY").amount <= borrowing_base(goods, "CNY").amount
    assert borrowing_base(goods, "CNY", reserves=[held]).amount <= borrowing_base(goods, "CNY").amount


GOOD = Standing(evidence_days=3, stock_days=10)


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (GOOD, ""),
        (replace(GOOD, verified=False, controlled=False), rules.UNVERIFIED),
        (replace(GOOD, verified=False, lost=True), rules.UNVERIFIED),
        (replace(GOOD, lost=True, controlled=False), rules.LOST),
        (replace(GOOD, damaged=True, controlled=False), rules.DAMAGED),
        (replace(GOOD, controlled=False, frozen=True), rules.UNCONTROLLED),
        (replace(GOOD, controlled=False, dried=False), rules.UNCONTROLLED),
        (replace(GOOD, dried=False, expired=True), rules.UNDRIED),
        (replace(GOOD, expired=True, frozen=True), rules.EXPIRED),
        (replace(GOOD, frozen=True, alarmed=True), rules.FROZEN),
        (replace(GOOD, alarmed=True, watched=False), rules.ALARMED),
        (replace(GOOD, watched=False, proven=False), rules.UNWATCHED),
        (replace(GOOD, proven=False, evidence_days=None), rules.UNPROVEN),
        (replace(GOOD, evidence_days=30), ""),
        (replace(GOOD, evidence_days=31), rules.STALE),
        (replace(GOOD, evidence_days=None), rules.STALE),
        (replace(GOOD, stock_days=180), ""),
        (replace(GOOD, stock_days=181), rules.AGED),
        (replace(GOOD, stock_days=None), rules.AGED),
    ],
)
def test_what_is_barred_and_why(standing: Standing, why: str) -> None:
    assert bar(standing, Limits(30, 180)) == why
    assert not bar(
        replace(standing, verified=True, lost=False, damaged=False, controlled=True, dried=True, expired=False, frozen=False, alarmed=False, watched=True, proven=True),
        Limits(),
    )  # fmt: skip
    assert not bar(Standing(), Limits()), "of what nothing is known against, nothing is barred"


def test_every_reason_has_its_chinese() -> None:
    reasons = {text for name, text in vars(rules).items() if name.isupper() and isinstance(text, str)}
    assert len(reasons) == 14
    assert reasons <= set(_chinese())
