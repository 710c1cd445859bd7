"""What a scenario must lead to: which alarms, how soon, and how many others at most. For judging alarms, never for raising them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.devices.scenario_faults import Fields, When

SORTS = ("theft", "hazard", "false_cause", "sensor_fault", "attack")


@dataclass(frozen=True, slots=True)
class Finding:
    """An alarm of one of these types, by this device, must be raised within so long after the moment."""

    types: frozenset[str]
    device: str
    since: datetime
    within: timedelta


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm as the house raised it: its event time, and when the house noticed."""

    type: str
    device: str
    raised_at: datetime
    noticed_at: datetime


@dataclass(frozen=True, slots=True)
class Label:
    """What must be found; `also_right`: types that are no false alarm here; and how many others are forgiven."""

    sort: str
    must: tuple[Finding, ...]
    also_right: frozenset[str]
    false_alarms_max: int

    def misses(self, alarms: Collection[Told]) -> list[Finding]:
        """The findings that nobody told in time: noticed within the bound, and not dated before the cause."""
        return [one for one in self.must if not any(_answers(one, alarm) for alarm in alarms)]

    def false_alarms(self, alarms: Collection[Told]) -> list[Told]:
        """Those that no finding and no other right reason explains."""
        return [
            alarm
            for alarm in alarms
            if alarm.type not in self.also_right
            and not any(alarm.type in one.types and alarm.device == one.device and alarm.raised_at >= one.since for one in self.must)
        ]  # fmt: skip


def _answers(finding: Finding, alarm: Told) -> bool:
    return (
        alarm.type in finding.types
        and alarm.device == finding.device
        and finding.since <= alarm.raised_at
        and alarm.noticed_at <= finding.since + finding.within
    )


def label_of(fields: Fields, when: When, devices: Sequence[str]) -> Label:
    """Read the `[label]` of a scenario file. Refuses a sort or a device that it does not know."""
    if fields["sort"] not in SORTS:
        raise ValueError(fields["sort"])
    return Label(
        fields["sort"],
        tuple(_finding(one, when, devices) for one in fields.get("must", [])),
        frozenset(fields.get("also_right", [])),
        int(fields.get("false_alarms_max", 0)),
    )


def _finding(fields: Fields, when: When, devices: Sequence[str]) -> Finding:
    if fields["device"] not in devices:
        raise ValueError(fields["device"])
    return Finding(
        frozenset(fields["types"]),
        fields["device"],
        when(fields["since"]),
        timedelta(minutes=float(fields["within_minutes"])),
    )
