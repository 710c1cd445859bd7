"""Numbers as E.164 has them, codes that count once for one person, and texts that fit."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.errors import Conflict, Invalid
from tenants.texts.rules import LONGEST, check_patience, hash_of, is_right, read_number, require_failed, text_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ME, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(("written", "read"), [("+86 138 0013 8000", "+8613800138000"), ("+1 (202) 555-0100", "+12025550100")])  # fmt: skip
def test_a_number_is_read_as_people_write_it(written: str, read: str) -> None:
    assert read_number(written) == read


@pytest.mark.parametrize("written", ["", "13800138000", "+0138001380", "+86138", "+8613800138000123", "+86abc8001380", "+８６13800138000", "+86138001\r\n38000x"])  # fmt: skip
def test_what_is_no_number_is_refused_at_its_field(written: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_number(written)
    assert refused.value.field == "number"


def test_a_code_counts_for_one_person_one_number_ten_minutes_and_five_tries() -> None:
    kept = hash_of(ME, "+8613800138000", "123456")

    def opens(given: bytes, minutes: int = 1, tries: int = 1) -> bool:
        return is_right(kept, given, asked_at=NOON, tries=tries, now=NOON + timedelta(minutes=minutes))

    assert opens(kept)
    assert opens(kept, minutes=10, tries=5)
    assert not opens(kept, minutes=11)
    assert not opens(kept, tries=6)
    assert not opens(hash_of(OTHER, "+8613800138000", "123456"))
    assert not opens(hash_of(ME, "+8613800138001", "123456"))
    assert not is_right(None, kept, asked_at=NOON, tries=1, now=NOON)


def test_a_code_a_minute() -> None:
    check_patience(None, NOON)
    check_patience(NOON, NOON + timedelta(minutes=1))
    with pytest.raises(Conflict):
        check_patience(NOON, NOON + timedelta(seconds=59))


@given(st.text(max_size=1000))
def test_a_text_fits_and_ends_in_the_way_there(says: str) -> None:
    text = text_of(says, "https://bailee.example/alarms/1")
    assert len(text) <= LONGEST
    assert text.endswith(" https://bailee.example/alarms/1")
    assert "\n" not in text


@pytest.mark.parametrize(
    ("sent_at", "is_code", "is_own", "code"),
    [(NOON, False, True, "text_delivered"), (NOON, True, False, "text_delivered"), (None, True, True, "code_again"), (None, False, False, "number_gone")],
)  # fmt: skip
def test_what_arrived_ran_out_or_lost_its_number_is_not_sent_again(sent_at: datetime | None, is_code: bool, is_own: bool, code: str) -> None:  # fmt: skip
    require_failed(None, is_code=False, is_own=True)
    with pytest.raises(Conflict) as refused:
        require_failed(sent_at, is_code=is_code, is_own=is_own)
    assert refused.value.code == code
