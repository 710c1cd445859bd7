"""Whose security ranks first."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.disposal.rules.priority import Security, SecurityKind, has_super_priority, rank
from tenants.errors import Invalid

FLOATING = Security("floating", SecurityKind.CHARGE, date(2025, 3, 1))


PLEDGE = Security("pledge", SecurityKind.PLEDGE, date(2025, 4, 12))


LIEN = Security("storage", SecurityKind.LIEN, date(2025, 6, 1))


def _pmsi(registered_on: date) -> Security:
    return Security("pmsi", SecurityKind.PURCHASE_MONEY, registered_on, delivered_on=date(2025, 4, 8))


def test_e18_priority() -> None:
    in_time, late = _pmsi(date(2025, 4, 18)), _pmsi(date(2025, 4, 19))
    assert rank([FLOATING, PLEDGE, in_time]) == (("pmsi",), ("floating",), ("pledge",))
    assert rank([late, PLEDGE, FLOATING]) == (("floating",), ("pledge",), ("pmsi",))
    assert rank([FLOATING, PLEDGE, in_time, LIEN])[0] == ("storage",)
    assert rank([FLOATING, PLEDGE, late, LIEN])[0] == ("storage",)


def test_ten_days_that_end_on_a_holiday_end_after_it() -> None:
    delivered = Security("pmsi", SecurityKind.PURCHASE_MONEY, date(2025, 5, 6), delivered_on=date(2025, 4, 22))
    assert has_super_priority(delivered)
    assert not has_super_priority(replace(delivered, public_on=date(2025, 5, 7)))
    with pytest.raises(Invalid):
        has_super_priority(replace(delivered, delivered_on=None))


def test_unregistered_charges_come_last_and_together() -> None:
    bare = [Security(name, SecurityKind.CHARGE, None) for name in ("x", "y")]
    assert rank([*bare, PLEDGE]) == (("pledge",), ("x", "y"))


@given(st.permutations([FLOATING, PLEDGE, LIEN, _pmsi(date(2025, 4, 18)), Security("bare", SecurityKind.CHARGE, None)]))
def test_the_order_of_asking_changes_no_rank(securities: list[Security]) -> None:
    assert rank(securities) == (("storage",), ("pmsi",), ("floating",), ("pledge",), ("bare",))
