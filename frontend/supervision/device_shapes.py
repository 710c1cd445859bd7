"""What calls about devices take and give."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from frontend.api import Moment, Ratio, Shape
from frontend.supervision.shapes import Text, Word


class Enrolment(Shape):
    """A device with its public key (64 hexadecimal digits, base64, or an X.509 certificate in PEM form), or the gateway that signs for it."""

    kind: Annotated[
        str, Field(pattern="^(weight|climate|door|position|tag_reader|camera|smoke|water|gateway|combined)$")
    ]
    name: Word
    public_key: Annotated[str, Field(max_length=8000)] = ""
    gateway_id: UUID | None = None
    firmware: Annotated[str, Field(max_length=256)] = ""
    serial: Annotated[str, Field(max_length=80)] = ""
    interval_seconds: Annotated[int, Field(ge=1, le=86400)] = 300
    accuracy: Annotated[str, Field(max_length=40)] = ""
    deviation: Annotated[Decimal, Field(ge=0, lt=100000, max_digits=11, decimal_places=6)] = Decimal(0)
    calibrated_until: date | None = None
    certificate: Annotated[str, Field(max_length=80)] = ""


class Claiming(Shape):
    """The code on a device's label, and what it is to be called."""

    claim: Annotated[str, Field(min_length=1, max_length=1000)]
    name: Word


class NewKey(Shape):
    """A device's next key (64 hexadecimal digits, base64, or PEM), and why."""

    public_key: Annotated[str, Field(min_length=1, max_length=8000)]
    because: Text


class Firmware(Shape):
    """What a device should report of its firmware: a digest or a version; nothing: anything will do."""

    firmware: Annotated[str, Field(max_length=256)]


class Placing(Shape):
    """Where a device is to watch: one lot, one bin, one zone or a whole site; in the last two it speaks for all that lies there. `because` is needed to move it."""

    lot_id: UUID | None = None
    bin_id: UUID | None = None
    zone_id: UUID | None = None
    site_id: UUID | None = None
    tare_kg: Annotated[Decimal, Field(ge=0, lt=1_000_000_000, max_digits=12, decimal_places=3)] = Decimal(0)
    because: Annotated[str, Field(max_length=2000)] = ""


class Calibration(Shape):
    """A certificate and its last day."""

    until: date
    certificate: Word


class AttachmentView(Shape):
    """Where a device watches or watched; half-open. With neither lot nor bin it hangs in a hall: in this zone, or over the whole site."""

    id: UUID
    device_id: UUID
    lot_id: UUID | None
    bin_id: UUID | None
    zone_id: UUID | None
    site_id: UUID
    since: Moment
    until: Moment | None
    tare_kg: Ratio


class DeviceView(Shape):
    """A device of the caller's and what it said of itself."""

    id: UUID
    name: str
    kind: str
    serial: str
    state: str
    public_key: str | None
    fingerprint: str | None
    next_fingerprint: str | None
    gateway_id: UUID | None
    x509_until: Moment | None
    accuracy: str
    firmware_expected: str | None
    interval_seconds: int
    calibrated_until: date | None
    certificate: str
    battery: Ratio | None
    firmware: str | None
    heard_at: Moment | None
    batches: int
    samples: int
    missing: int
    revoked_at: Moment | None
    attachment: AttachmentView | None


class Fate(Shape):
    """How many of a device's messages met this fate: first, next, rebooted, gap, late, duplicate, conflict, broken, or the code of a refusal."""

    fate: str
    messages: int


class FateList(Shape):
    """What became of a device's messages, over all days."""

    items: list[Fate]


class DevicePage(Shape):
    """A page of devices, newest first."""

    items: list[DeviceView]
    next: UUID | None = None


class BrokerAccountView(Shape):
    """A device's account at the embedded broker; the password is told only now."""

    address: str
    user: str
    password: str
