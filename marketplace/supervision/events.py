"""What supervision tells the house. Words inside a sentence travel as `{"word": msgid, "facts": {...}}` and are translated at the door."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from marketplace.quantity import Quantity
from tenants.events import Fact

# Who keeps a list in which an alarm stands: it moves when the alarm does, whoever is told of it.
ALARM_LISTS = frozenset({"supervisor", "warehouse", "bank", "owner"})


@dataclass(frozen=True, kw_only=True)
class DeviceEnrolled(Fact):
    """A device was taken on, its key checked."""

    says: ClassVar[str] = "Device %(name)s was enrolled."
    link: ClassVar[str] = "/devices/{device_id}"
    device_id: UUID
    name: str
    kind: str
    key_fingerprint: str | None


@dataclass(frozen=True, kw_only=True)
class DeviceKeyChanged(Fact):
    """It spoke for the first time under the key that two people had agreed on; the key before it opens nothing any more."""

    says: ClassVar[str] = "Device %(name)s signs with a new key: %(key_fingerprint)s."
    link: ClassVar[str] = "/devices/{device_id}"
    device_id: UUID
    name: str
    key_fingerprint: str
    retired_fingerprint: str


@dataclass(frozen=True, kw_only=True)
class FirmwareExpected(Fact):
    """The supervisor entered what a device should report of its firmware."""

    says: ClassVar[str] = "Device %(name)s should report the firmware %(firmware)s."
    link: ClassVar[str] = "/devices/{device_id}"
    device_id: UUID
    name: str
    firmware: str


@dataclass(frozen=True, kw_only=True)
class BrokerAccountGiven(Fact):
    """A device was given an account at the broker, or a new password for it."""

    says: ClassVar[str] = "Device %(name)s was given a password at the broker."
    link: ClassVar[str] = "/devices/{device_id}"
    device_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class DeviceRevoked(Fact):
    """A device may speak no more."""

    says: ClassVar[str] = "Device %(name)s was revoked: %(because)s"
    link: ClassVar[str] = "/devices/{device_id}"
    device_id: UUID
    name: str
    because: str


@dataclass(frozen=True, kw_only=True)
class DeviceCalibrated(Fact):
    """A new calibration certificate is in force."""

    says: ClassVar[str] = "Device %(name)s is calibrated until %(until)s (certificate %(certificate)s)."
    link: ClassVar[str] = "/devices/{device_id}"
    device_id: UUID
    name: str
    until: date
    certificate: str


@dataclass(frozen=True, kw_only=True)
class DeviceAttached(Fact):
    """A device begins to watch a lot, a bin, a zone or a whole site."""

    says: ClassVar[str] = "Device %(name)s was attached to %(place)s."
    link: ClassVar[str] = "/devices/{device_id}"
    device_id: UUID
    name: str
    kind: str
    place: str


@dataclass(frozen=True, kw_only=True)
class DeviceDetached(Fact):
    """A device ceases to watch where it was."""

    says: ClassVar[str] = "Device %(name)s was detached from %(place)s."
    link: ClassVar[str] = "/devices/{device_id}"
    device_id: UUID
    name: str
    place: str


@dataclass(frozen=True, kw_only=True)
class AlarmRaised(Fact):
    """Something is wrong, told once for each active alarm."""

    says: ClassVar[str] = "%(severity_word)s alarm %(number)s: %(reason)s"
    moves: ClassVar[frozenset[str]] = ALARM_LISTS
    tells: ClassVar[frozenset[str]] = frozenset({"supervisor", "warehouse"})
    tells_once: ClassVar[bool] = True
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    type: str
    severity: str
    severity_word: dict[str, Any]
    reason: dict[str, Any]
    raised_at: datetime
    lot_id: UUID | None
    site_id: UUID | None
    device_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class AlarmAssigned(Fact):
    """One of the firm's people sees to it."""

    says: ClassVar[str] = "Alarm %(number)s was given to %(to)s by %(by)s."
    moves: ClassVar[frozenset[str]] = ALARM_LISTS
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    to: str
    by: str


@dataclass(frozen=True, kw_only=True)
class AlarmAcknowledged(Fact):
    """A duty officer has taken note."""

    says: ClassVar[str] = "Alarm %(number)s was acknowledged by %(by)s."
    moves: ClassVar[frozenset[str]] = ALARM_LISTS
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    by: str


@dataclass(frozen=True, kw_only=True)
class AlarmLookedInto(Fact):
    """An officer looked, by video or on site, and says what was seen."""

    says: ClassVar[str] = "Alarm %(number)s was looked into %(how_word)s by %(by)s: %(saw)s"
    moves: ClassVar[frozenset[str]] = ALARM_LISTS
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    how_word: dict[str, Any]
    by: str
    saw: str


@dataclass(frozen=True, kw_only=True)
class AlarmCommented(Fact):
    """Somebody who may see it said something of it."""

    says: ClassVar[str] = "%(by)s on alarm %(number)s: %(text)s"
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    by: str
    text: str


@dataclass(frozen=True, kw_only=True)
class AlarmCleared(Fact):
    """What it said holds no longer."""

    says: ClassVar[str] = "Alarm %(number)s is over."
    moves: ClassVar[frozenset[str]] = ALARM_LISTS
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    type: str
    severity: str
    cleared_at: datetime
    lot_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class AlarmShelved(Fact):
    """Two officers agreed to leave it aside for a few hours."""

    says: ClassVar[str] = "Alarm %(number)s was shelved until %(until)s: %(because)s"
    moves: ClassVar[frozenset[str]] = ALARM_LISTS
    tells: ClassVar[frozenset[str]] = frozenset({"bank"})
    tells_once: ClassVar[bool] = True
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    until: datetime
    because: str


@dataclass(frozen=True, kw_only=True)
class AlarmClosed(Fact):
    """Its disposition is given: true, false, test or maintenance."""

    says: ClassVar[str] = "Alarm %(number)s was closed as %(disposition_word)s by %(by)s: %(note)s"
    moves: ClassVar[frozenset[str]] = ALARM_LISTS
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "owner"})
    tells_once: ClassVar[bool] = True
    link: ClassVar[str] = "/alarms/{alarm_id}"
    alarm_id: UUID
    number: str
    type: str
    severity: str
    disposition: str
    disposition_word: dict[str, Any]
    by: str
    note: str
    lot_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class QuantityMeasured(Fact):
    """The scales settled at a materially different level: how much of the lot there is, by evidence."""

    says: ClassVar[str] = "The scales show %(measured)s of this lot; %(expected)s were expected."
    tells: ClassVar[frozenset[str]] = frozenset({"bank", "owner"})
    link: ClassVar[str] = "/lots/{lot_id}"
    lot_id: UUID
    measured: Quantity
    expected: Quantity
    measured_at: datetime
    device_id: UUID


@dataclass(frozen=True, kw_only=True)
class GateExitRecorded(Fact):
    """Goods left through the gate, with how much of it the bank had let go."""

    says: ClassVar[str] = "%(quantity)s left through the gate; %(authorised)s were released."
    link: ClassVar[str] = "/lots/{lot_id}"
    lot_id: UUID
    quantity: Quantity
    authorised: Quantity
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class WorkExpected(Fact):
    """Work was announced that explains some alarms while it lasts."""

    says: ClassVar[str] = "Work was announced until %(until)s: %(because)s"
    kind: str
    until: datetime
    because: str


@dataclass(frozen=True, kw_only=True)
class ClimateSet(Fact):
    """The supervisor set the climate that the goods ask for."""

    says: ClassVar[str] = "The goods ask for a %(metric_word)s of %(low)s to %(high)s."
    link: ClassVar[str] = "/lots/{lot_id}"
    lot_id: UUID
    metric: str
    metric_word: dict[str, Any]
    low: str
    high: str


@dataclass(frozen=True, kw_only=True)
class AlarmRuleChanged(Fact):
    """Two officers changed what raises an alarm; readings from now on are judged by it."""

    says: ClassVar[str] = "The alarm rule %(type_word)s was changed by %(by)s: %(because)s"
    link: ClassVar[str] = "/alarm-rules/{type}"
    type: str
    type_word: dict[str, Any]
    version_id: UUID
    by: str
    because: str
