"""Signatures as Standard Webhooks has them: its published example, and any receiver's own calculation."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.webhooks.signing import grown_secret, signature
from tenants.webhooks.trying import KEPT_TRYING, PAUSES, TOO_MANY, is_given_up, pause_after

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_published_example_of_the_standard() -> None:
    """From the test vectors of its reference libraries."""
    told = signature(["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')  # fmt: skip
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200), st.integers(0, 2**40))
def test_both_secrets_sign_while_one_replaces_the_other(body: bytes, at: int) -> None:
    new, old = grown_secret("s" * 32, UUID(int=1), 2), grown_secret("s" * 32, UUID(int=1), 1)
    told = signature([new, old], "msg_1", at, body).split(" ")
    for secret, one in zip((new, old), told, strict=True):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = hmac.new(key, b"msg_1." + str(at).encode() + b"." + body, hashlib.sha256).digest()
        assert one == "v1," + base64.b64encode(mac).decode()


def test_no_two_webhooks_versions_or_installations_share_a_secret() -> None:
    made = {grown_secret(house, UUID(int=hook), version) for house in ("a", "b") for hook in (1, 2) for version in (1, 2)}  # fmt: skip
    assert len(made) == 8


@pytest.mark.parametrize(("failures", "status", "pause"), [(1, 500, PAUSES[0]), (3, None, PAUSES[2]), (50, 500, PAUSES[-1]), (1, 429, TOO_MANY), (3, 429, PAUSES[2])])  # fmt: skip
def test_a_receiver_that_fails_is_left_alone_for_longer_each_time(failures: int, status: int | None, pause: timedelta) -> None:  # fmt: skip
    assert pause_after(failures, status) == pause


def test_a_message_is_tried_for_more_than_a_day() -> None:
    assert not is_given_up(NOON, NOON + KEPT_TRYING - timedelta(microseconds=1))
    assert is_given_up(NOON, NOON + KEPT_TRYING)
    assert list(PAUSES) == sorted(PAUSES)
