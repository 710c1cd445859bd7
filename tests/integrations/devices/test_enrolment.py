"""No key under which anybody could sign may stand for a device."""

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from integrations.devices.enrolment import check_possession, checked_public_key
from integrations.devices.simulator import SimulatedDevice
from tenants.errors import Invalid

# The curve of RFC 8032 section 5.1, in plain integers: an independent account of what libsodium is asked to refuse.
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
ORDER = 2**252 + 27742317777372353535851937790883648493
Point = tuple[int, int]


def plus(a: Point, b: Point) -> Point:
    t = D * a[0] * b[0] * a[1] * b[1] % P
    return (
        (a[0] * b[1] + a[1] * b[0]) * pow(1 + t, -1, P) % P,
        (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, -1, P) % P,
    )


def times(n: int, point: Point) -> Point:
    total = (0, 1)
    while n:
        if n & 1:
            total = plus(total, point)
        point, n = plus(point, point), n >> 1
    return total


def root(square: int) -> int | None:
    """A square root modulo P (RFC 8032 section 5.1.3), None where there is none."""
    candidate = pow(square, (P + 3) // 8, P)
    for each in (candidate, candidate * SQRT_MINUS_ONE % P):
        if each * each % P == square % P:
            return each
    return None


def x_of(y: int) -> int | None:
    return root((y * y - 1) * pow(D * y * y + 1, -1, P) % P)


def spelled(y: int, sign: int) -> bytes:
    """The 32 bytes for a y coordinate, which may be P or more: a spelling that is not canonical."""
    return (y | sign << 255).to_bytes(32, "little")


def encode(point: Point) -> bytes:
    return spelled(point[1], point[0] & 1)


def small_points() -> list[Point]:
    """The eight points whose order divides 8: 8-torsion of any point outside the subgroup generates them."""
    for y in range(2, 100):
        x = x_of(y)
        if x is None:
            continue
        generator = times(ORDER, (x, y))
        if times(4, generator) != (0, 1):
            return [times(n, generator) for n in range(8)]
    raise AssertionError("the curve has points of order 8")


SMALL = small_points()
BASE_POINT = (x_of(4 * pow(5, -1, P) % P) or 0, 4 * pow(5, -1, P) % P)


def test_the_arithmetic_of_this_test_is_the_curve() -> None:
    assert len(set(SMALL)) == 8
    assert all(times(8, point) == (0, 1) for point in SMALL)
    assert times(ORDER, BASE_POINT) == (0, 1)
    # Known spellings of the points of order 8, from libsodium's own list of blocked points (ed25519_ref10.c).
    known = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    assert known in map(encode, SMALL)


@pytest.mark.parametrize("point", SMALL)
def test_points_of_small_order_are_refused(point: Point) -> None:
    for sign in (0, 1):
        with pytest.raises(Invalid) as caught:
            checked_public_key(spelled(point[1], sign))
        assert caught.value.code == "weak_key"


@pytest.mark.parametrize("excess", range(19))
def test_spellings_that_are_not_canonical_are_refused(excess: int) -> None:
    """y from P to 2^255-1 means y-P; some of these are otherwise good points."""
    for sign in (0, 1):
        with pytest.raises(Invalid) as caught:
            checked_public_key(spelled(P + excess, sign))
        assert caught.value.code == "weak_key"


def test_points_of_mixed_order_are_refused() -> None:
    honest = times(12345, BASE_POINT)
    for small in SMALL:
        raw = encode(plus(honest, small))
        if small == (0, 1):
            assert checked_public_key(raw) == raw
            continue
        with pytest.raises(Invalid) as caught:
            checked_public_key(raw)
        assert caught.value.code == "weak_key"


def test_bytes_that_are_no_point_are_refused() -> None:
    y = next(y for y in range(2, 100) if x_of(y) is None)
    with pytest.raises(Invalid) as caught:
        checked_public_key(spelled(y, 0))
    assert caught.value.code == "weak_key"


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(Invalid) as caught:
        checked_public_key(b"\x01" * length)
    assert (caught.value.code, caught.value.field) == ("malformed_key", "public_key")


def test_an_honest_key_is_taken() -> None:
    for _ in range(50):
        raw = bytes(SigningKey.generate().verify_key)
        assert checked_public_key(raw) == raw


def test_a_signature_that_nobody_made_verifies_under_no_small_key() -> None:
    """The second line of defence: R and A of small order with s = 0 satisfy the bare equation for some messages."""
    for point in SMALL:
        for r in SMALL:
            with pytest.raises(BadSignatureError):
                VerifyKey(encode(point)).verify(b"anything", encode(r) + bytes(32))


def test_possession_is_proved_for_one_challenge_only(device: SimulatedDevice) -> None:
    answer = device.prove_possession(b"challenge-number-1")
    check_possession(device.public_key, b"challenge-number-1", answer)
    for challenge, signature in (
        (b"challenge-number-2", answer),
        (b"challenge-number-1", device.key.sign(b"challenge-number-1").signature),
        (b"challenge-number-1", answer[:-1]),
        (b"challenge-number-1", b""),
    ):
        with pytest.raises(Invalid) as caught:
            check_possession(device.public_key, challenge, signature)
        assert caught.value.code == "no_possession"
