"""Taking goods over at their value: never below the market, never at another creditor's cost, and to the fen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from marketplace.disposal.rules.appropriating import (
    APPROPRIATION,
    APPROPRIATION_TERMS,
    AppropriationState,
    deficiency,
    has_two,
    require_fair_value,
    require_unharmed,
)
from marketplace.disposal.rules.waterfall import Claim, ClaimKind, SaleProceeds, behind_cap, distribute, sale_claims
from marketplace.money import Money
from tenants.errors import Conflict, NotAllowed

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
TAKERS = frozenset({"bank", "bank fees"})
AMOUNTS = st.integers(0, 10**12)


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


@given(value=AMOUNTS, market=st.integers(1, 10**12), days=st.integers(0, 30))
def test_nothing_is_taken_over_below_the_market_or_at_an_old_valuation(value: int, market: int, days: int) -> None:
    stale, below = timedelta(days=days) > APPROPRIATION_TERMS.valuation_for, value < market
    valued_at = NOW - timedelta(days=days)
    if not stale and not below:
        require_fair_value(cny(value), cny(market), valued_at=valued_at, now=NOW)
        return
    with pytest.raises(Conflict) as refused:
        require_fair_value(cny(value), cny(market), valued_at=valued_at, now=NOW)
    assert (refused.value.code, refused.value.field) == ("valuation_stale" if stale else "below_market", "value")


def test_a_valuation_counts_to_the_last_second_of_its_days() -> None:
    value, last = cny(100), NOW - APPROPRIATION_TERMS.valuation_for
    require_fair_value(value, value, valued_at=last, now=NOW)
    with pytest.raises(Conflict, match="valued more than"):
        require_fair_value(value, value, valued_at=last - timedelta(microseconds=1), now=NOW)


@given(
    value=AMOUNTS,
    interest=AMOUNTS,
    principal=AMOUNTS,
    storage=st.integers(0, 10**9),
    fees=st.integers(0, 10**9),
    tax=st.sampled_from(["0", "0.13"]),
    cap=AMOUNTS,
    second=AMOUNTS,
)
def test_value_less_debt_is_surplus_or_deficiency_and_all_others_are_paid_in_full(
    value: int, interest: int, principal: int, storage: int, fees: int, tax: str, cap: int, second: int
) -> None:
    """To the fen, whatever is owed to whom: what is not refused harms nobody but those who agreed."""
    sale = SaleProceeds(cny(value), tax, cny(storage), cny(0), 0, cny(interest), cny(principal))
    claims = [*sale_claims(sale, "bank"), Claim(1, ClaimKind.COSTS, "bank fees", cny(fees))]
    claims = [one for one in claims if one.amount]
    waterfall = distribute(cny(value), behind_cap(claims, TAKERS, cny(cap), "Second Bank", cny(second)))
    others = [line for line in waterfall.lines if line.claim.claimant not in TAKERS]
    if any(line.unpaid for line in others):
        with pytest.raises(Conflict) as refused:
            require_unharmed(waterfall, TAKERS)
        assert refused.value.code == "creditor_harmed"
        return
    require_unharmed(waterfall, TAKERS)
    debt = interest + principal + fees
    owed_to_others = sum(line.claim.amount.minor for line in others)
    assert sum(line.paid.minor for line in others) == owed_to_others
    assert waterfall.surplus.minor - deficiency(waterfall, TAKERS).minor == value - owed_to_others - debt
    assert not (waterfall.surplus and deficiency(waterfall, TAKERS))


def test_a_lien_holder_is_never_the_one_who_pays() -> None:
    """Storage that was never paid comes first; a value that does not reach it leaves the goods where they are."""
    storage = Claim(1, ClaimKind.COSTS, "storage", cny(60_000))
    with pytest.raises(Conflict, match="another creditor"):
        require_unharmed(distribute(cny(59_999), [storage]), TAKERS)
    require_unharmed(distribute(cny(60_000), [storage]), TAKERS)


def test_no_state_leads_to_done_but_the_pledgor_s_consent() -> None:
    done = AppropriationState.DONE
    assert {row.source for row in APPROPRIATION.transitions if row.to is done} == {AppropriationState.CONSENTED}
    agreed = {row.by for row in APPROPRIATION.transitions if row.to is AppropriationState.CONSENTED}
    assert agreed == {frozenset({"SME"})}
    with pytest.raises(NotAllowed):
        APPROPRIATION.advance(AppropriationState.PROPOSED, "consent", actor="BANK", met={"in_time"})
    with pytest.raises(Conflict):
        APPROPRIATION.next_state(None, "take_over")


@given(makers=st.sets(st.integers(0, 3)), checkers=st.sets(st.integers(0, 3)))
def test_two_people_are_two(makers: set[int], checkers: set[int]) -> None:
    assume(makers)
    assert has_two(makers, checkers) == (len(makers | checkers) > 1 and bool(checkers))
