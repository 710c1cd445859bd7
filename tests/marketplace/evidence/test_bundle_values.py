"""What the strangers' program makes of a lot's figures is what the house's rules make of them, to the fen: they share no code."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from marketplace.evidence import check_bundle
from marketplace.quantity import UNITS, Quantity
from marketplace.valuation.rules.prices import UnitPrice
from marketplace.valuation.rules.worth import Goods, worth

MASSES = sorted(code for code, unit in UNITS.items() if unit.dimension == "mass")
SHARES = st.decimals(0, 1, places=8)


@given(
    quantity=st.decimals(0, 99_999, places=3),
    unit=st.sampled_from(MASSES),
    price=st.decimals("0.01", 999_999, places=10),
    price_unit=st.sampled_from(MASSES),
    grade=SHARES,
    condition=SHARES,
    haircut=SHARES,
    moisture=st.decimals(0, "0.9", places=8),
)
def test_a_mark_is_worked_out_as_the_rules_do(quantity: Decimal, unit: str, price: Decimal, price_unit: str, grade: Decimal, condition: Decimal, haircut: Decimal, moisture: Decimal) -> None:  # fmt: skip
    goods = Goods(Quantity(quantity, unit), UnitPrice(price, "CNY", price_unit), grade, condition, haircut, moisture)
    line = {"unit": unit, "price_code": "CU", "currency": "CNY"} | {name: str(value) for name, value in {"quantity": quantity, "grade": grade, "condition": condition, "haircut": haircut, "moisture": moisture}.items()}  # fmt: skip
    told = {"prices": {"CU": {"price": str(price), "unit": price_unit}}}
    by_rule = worth(goods)
    assert check_bundle.marked([line], told) == {"market_value_minor": by_rule.market_value.minor, "collateral_value_minor": by_rule.collateral_value.minor}  # fmt: skip
    if unit == price_unit:
        assert check_bundle.product(line, price) == by_rule.market_value.minor


def test_it_knows_every_unit_of_the_house() -> None:
    assert {code: unit.worth for code, unit in UNITS.items()} == check_bundle.UNITS
    assert all(isinstance(one, Fraction) for one in check_bundle.UNITS.values())
