"""The digital identity of goods: GS1 keys and their links, containers and companies, with every check digit checked.

One lot has one name that any scanner in the world reads: a GTIN with batch (LGTIN) or serial (SGTIN), a GIAI for an
asset, an SSCC for a pallet, a GLN for a place. Sources: GS1 General Specifications (check digits, character set 82),
GS1 Digital Link URI syntax (by which EPCIS 2.0 names goods too, without asking where a company prefix ends), ISO 6346
(containers), GB 32100-2015 (unified social credit code), ISO 17442 (LEI).
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from stdnum import iso6346

from tenants.errors import Invalid

RESOLVER = "https://id.gs1.org"

_CSET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+", re.ASCII)
# Browsers take these for steps in the path of a link, so a lot of that name could not be scanned.
_PATH_STEPS = (".", "..")
_LENGTHS = {"GTIN": (8, 12, 13, 14), "SSCC": (18,), "GLN": (13,)}
# Three letters of the owner, one of the category, six digits of the serial number and the check digit.
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ][0-9]{7}", re.ASCII)


def check_digit(digits: str) -> str:
    """The GS1 check digit for `digits` (without it): weights 3, 1, 3 ... from the right, up to the next ten."""
    _require_digits(digits, "digits")
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def with_check_digit(digits: str) -> str:
    """`digits` completed: with_check_digit("690123456789") is "6901234567892"."""
    return digits + check_digit(digits)


def require_key(kind: str, key: str) -> str:
    """`key` itself where it is a sound GTIN, SSCC or GLN; refuses a wrong length or check digit."""
    _require_digits(key, kind)
    if len(key) not in _LENGTHS[kind]:
        raise Invalid("gs1_length", "A %(kind)s does not have %(length)s digits.", kind=kind, length=len(key))
    if check_digit(key[:-1]) != key[-1]:
        raise Invalid("gs1_check_digit", "%(kind)s %(key)s fails its check digit.", kind=kind, key=key)
    return key


def gtin_14(gtin: str) -> str:
    """A GTIN of any length in the 14 digits that links and tags carry."""
    return require_key("GTIN", gtin).zfill(14)


@dataclass(frozen=True, slots=True)
class LotIdentity:
    """Which goods: a GTIN with a batch (a lot) or a serial (one item), or a GIAI (an asset without trade item
    number).
    """

    gtin: str | None = None
    batch: str | None = None
    serial: str | None = None
    giai: str | None = None

    def __post_init__(self) -> None:
        if (self.gtin is None) == (self.giai is None):
            raise Invalid("identity_incomplete", "A lot is named by a GTIN or by a GIAI, not both.", field="identity")
        if self.gtin is not None and (self.batch is None) == (self.serial is None):
            raise Invalid("identity_incomplete", "A GTIN needs either a batch or a serial.", field="identity")
        if self.gtin is not None:
            object.__setattr__(self, "gtin", gtin_14(self.gtin))
        for value, longest in ((self.batch, 20), (self.serial, 20), (self.giai, 30)):
            _require_cset_82(value, longest)


def digital_link(identity: LotIdentity, resolver: str = RESOLVER) -> str:
    """The GS1 Digital Link URI printed as the lot's QR label: .../01/<gtin>/10/<batch>, .../21/<serial> or
    .../8004/<giai>.
    """
    root = resolver.rstrip("/")
    if identity.giai is not None:
        return f"{root}/8004/{quote(identity.giai, safe='')}"
    if identity.batch is not None:
        return f"{root}/01/{identity.gtin}/10/{quote(identity.batch, safe='')}"
    return f"{root}/01/{identity.gtin}/21/{quote(identity.serial or '', safe='')}"


def require_container(number: str, *, field: str = "container") -> str:
    """A freight container's number by ISO 6346, e.g. CSQU3054383; refuses a wrong check digit."""
    if not iso6346.is_valid(number):
        raise Invalid("container_number", "%(number)s is not a container number.", field=field, number=number)
    return str(iso6346.compact(number))


def carried_in(vehicle: str) -> str:
    """What brought the goods, as a ticket names it: a number plate as it was typed, or a container. Whatever has the form of a container's number is held
    to its check digit.
    """
    named = vehicle.strip()
    return require_container(named, field="vehicle") if _CONTAINER.fullmatch(iso6346.compact(named)) else named


def _require_digits(value: str, kind: str) -> None:
    if not (value.isascii() and value.isdigit()):
        raise Invalid("gs1_digits", "%(kind)s %(value)s must be digits.", kind=kind, value=value)


def _require_cset_82(value: str | None, longest: int) -> None:
    if value is None:
        return
    if not _CSET_82.fullmatch(value) or len(value) > longest or value in _PATH_STEPS:
        raise Invalid(
            "gs1_characters",
            "A batch, serial or asset number has at most %(longest)s letters, digits and signs of GS1.",
            field="identity",
            longest=longest,
        )
