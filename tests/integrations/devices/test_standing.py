"""Replay, reorder, loss and forked memory told apart by (boot, sequence) and the chain."""

import random
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.supervision.readings.ports import Continuity, Sample, Samples, SignedBatch, Standing, Tip, standing

NOON = datetime.fromisoformat("2026-03-01T12:00:00Z")


FORMS = st.tuples(st.sampled_from(["weight", "door"]), st.sampled_from(["", "kg"]), st.sampled_from(["", "left"]))
SAMPLES = st.lists(
    st.builds(
        lambda form, value, at: Sample(form[0], value, form[1], at, form[2]),
        FORMS,
        st.one_of(st.booleans(), st.decimals(allow_nan=False, allow_infinity=False)),
        st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    min_size=1,
)


@given(SAMPLES)
def test_columns_hold_what_was_put_into_them(samples: list[Sample]) -> None:
    columns = Samples.of(samples)
    assert (list(columns), len(columns), columns[0]) == (samples, len(samples), samples[0])
    times = [sample.at for sample in samples]
    assert (columns.first_at, columns.last_at) == (min(times), max(times))


def batch(boot: int, sequence: int, previous: bytes | None = None, body: bytes | None = None) -> SignedBatch:
    body = b"%d/%d" % (boot, sequence) if body is None else body
    return SignedBatch(uuid4(), boot, sequence, NOON, previous, Samples(), body, b"", "application/json")


def tip_of(last: SignedBatch) -> Tip:
    return Tip(last.boot, last.sequence, last.digest)


LAST = batch(2, 7)


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [
        (batch(2, 8, LAST.digest), Standing(Continuity.NEXT)),
        (batch(2, 8, b"\0" * 32), Standing(Continuity.BROKEN)),
        (batch(2, 8, None), Standing(Continuity.BROKEN)),
        (batch(2, 9, b"\0" * 32), Standing(Continuity.GAP, 1)),
        (batch(2, 20, b"\0" * 32), Standing(Continuity.GAP, 12)),
        (batch(2, 3), Standing(Continuity.LATE)),
        (batch(1, 900), Standing(Continuity.LATE)),
        (batch(3, 0, LAST.digest), Standing(Continuity.REBOOTED)),
        (batch(3, 0, None), Standing(Continuity.REBOOTED)),
        (batch(3, 0, b"\0" * 32), Standing(Continuity.GAP, None)),
        (batch(3, 2, b"\0" * 32), Standing(Continuity.GAP, None)),
        (batch(5, 0, LAST.digest), Standing(Continuity.GAP, None)),
    ],
)
def test_the_standing_of_a_new_batch(arrived: SignedBatch, expected: Standing) -> None:
    assert standing(arrived, tip=tip_of(LAST), stored=None) == expected


def test_the_first_of_a_device() -> None:
    assert standing(batch(1, 0), tip=None, stored=None) == Standing(Continuity.FIRST)


def test_the_same_again_is_harmless_and_another_body_under_its_number_is_not() -> None:
    assert standing(LAST, tip=tip_of(LAST), stored=LAST.digest).kind is Continuity.DUPLICATE
    forked = batch(2, 7, body=b"another")
    assert standing(forked, tip=tip_of(LAST), stored=LAST.digest).kind is Continuity.CONFLICT
    assert standing(batch(1, 1, body=b"x"), tip=tip_of(LAST), stored=b"\1" * 32).kind is Continuity.CONFLICT


@given(order=st.permutations(range(6)), extra=st.lists(st.integers(0, 5), max_size=6), seed=st.integers())
def test_in_any_order_and_however_often_every_batch_is_new_exactly_once(
    order: list[int], extra: list[int], seed: int
) -> None:
    chain = [batch(1, 0)]
    for sequence in range(1, 6):
        chain.append(batch(1, sequence, chain[-1].digest))
    arrivals = order + extra
    random.Random(seed).shuffle(arrivals)
    arrivals += range(6)
    stored: dict[int, bytes] = {}
    tip: Tip | None = None
    kinds = []
    for number in arrivals:
        each = chain[number]
        found = standing(each, tip=tip, stored=stored.get(number))
        kinds.append(found.kind)
        if tip and found.kind is Continuity.GAP:
            assert found.missing == number - tip.sequence - 1
        stored[number] = each.digest
        tip = tip_of(each) if tip is None or number > tip.sequence else tip
    assert kinds.count(Continuity.DUPLICATE) == len(arrivals) - 6
    assert not {Continuity.CONFLICT, Continuity.BROKEN} & set(kinds)
