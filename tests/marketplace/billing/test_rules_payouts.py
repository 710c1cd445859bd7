"""A payout taken apart: its parts sum to it, and it agrees only where each fen is somebody's."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.billing.rules.payouts import Belongs, Movement, reconcile
from marketplace.money import Money

MOVEMENTS = st.lists(st.tuples(st.integers(-10_000, 10_000), st.integers(0, 100), st.sampled_from(Belongs)), max_size=8)


@given(MOVEMENTS, st.integers(-50, 50))
def test_the_parts_of_a_payout_sum_to_it(moved: list[tuple[int, int, Belongs]], off: int) -> None:
    movements = [
        Movement(f"txn_{n}", "charge", Money(amount, "CNY"), Money(kept, "CNY"), None, None, belongs)
        for n, (amount, kept, belongs) in enumerate(moved)
    ]
    paid_out = Money(sum(amount - kept for amount, kept, _ in moved) + off, "CNY")
    found = reconcile(paid_out, movements)
    assert found.fees + found.deposits + found.nobodys + found.unexplained == paid_out
    assert found.unexplained.minor == off
    assert found.agrees == (off == 0 and all(belongs is not Belongs.NOBODY for _, _, belongs in moved))
