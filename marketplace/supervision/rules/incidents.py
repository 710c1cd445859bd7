"""Alarms about the same goods at the same time are one incident: the theft that a scale, a door and a camera all saw is looked at once.

An incident is not stored: it follows from its alarms, so that alarms which come late, twice or in another order make the same incidents. What is wrong with
how messages arrive (a gap, a silence) joins an incident of the goods and never makes one of two: the goods' incidents are the same on a good line and on
a bad one. All figures [P].
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.defaults import IMAGE_CHANGE_SHARE
from marketplace.supervision.rules.duty import voted

APART = timedelta(minutes=30)
# An alarm that stays open all week does not draw everything that happens in it into one incident.
SPEAKS_FOR = timedelta(hours=2)
# About how messages arrive, not about what they say.
OF_ARRIVAL = frozenset({"gap", "silence", "clock_skew", "signature", "tamper", "replay"})
# Which kind of sensor bears witness by an alarm of this type; two kinds that agree make it CRITICAL (domain.md section 7, two-of-three voting).
WITNESSES = {
    "weight_change": "weight",
    "weight_anomaly": "weight",
    "door_open": "door",
    "door_left_open": "door",
    "door_often": "door",
    "door_off_stop": "door",
    "intrusion": "camera",
    "image_change": "camera",
    "camera_blocked": "camera",
    "marks_missing": "camera",
    "count_anomaly": "camera",
    "unauthorised_move": "movement",
    "geofence": "movement",
    "route": "movement",
}
# By which of its figures another kind of sensor says that it saw nothing: how far it may have gone, and no further.
SAW_NOTHING: dict[str, tuple[str, Decimal]] = {
    "door": ("door", Decimal(0)),
    "intrusion": ("camera", Decimal(0)),
    "marks_missing": ("camera", Decimal(0)),
    "image_change": ("camera", IMAGE_CHANGE_SHARE),
}
# How much of the goods' worth an alarm of this severity puts at risk: what a queue is sorted by, so that a small theft comes before a large lot's weak battery.
RISK_SHARES = {
    Severity.CRITICAL: Fraction(1),
    Severity.MAJOR: Fraction(1, 5),
    Severity.MINOR: Fraction(1, 50),
    Severity.WARNING: Fraction(1, 200),
    Severity.INDETERMINATE: Fraction(1, 200),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What fusing asks of an alarm: what it is about, and when, in event time, it held."""

    id: UUID
    about_id: UUID
    type: str
    severity: Severity
    raised_at: datetime
    cleared_at: datetime | None = None
    of_arrival: bool = False
    goods: tuple[UUID, ...] = ()  # the lots that an alarm of a hall concerns

    @property
    def subjects(self) -> frozenset[UUID]:
        """What it speaks of: what it is about, and the goods that it concerns."""
        return frozenset((self.about_id, *self.goods))

    @property
    def ends_at(self) -> datetime:
        """Until when what happens is likely the same thing."""
        spoken = self.raised_at + SPEAKS_FOR
        return spoken if self.cleared_at is None else min(spoken, max(self.cleared_at, self.raised_at))


@dataclass(frozen=True, slots=True)
class Fused:
    """An incident: the alarms that make it, the earliest first, those of the line that touch it, and how bad they are together."""

    of_goods: tuple[Told, ...]
    of_line: tuple[Told, ...] = ()

    @property
    def alarms(self) -> tuple[Told, ...]:
        """All of it, the earliest first."""
        return tuple(sorted((*self.of_goods, *self.of_line), key=lambda one: (one.raised_at, str(one.id))))

    @property
    def severity(self) -> Severity:
        """The worst of its alarms; CRITICAL where two kinds of sensor bear each other out."""
        worst = min((one.severity for one in self.alarms), key=lambda severity: severity.rank)
        return Severity.CRITICAL if len(self.witnesses) > 1 else worst

    @property
    def witnesses(self) -> frozenset[str]:
        """The kinds of sensor that saw goods move or people come."""
        return frozenset(WITNESSES[one.type] for one in self.alarms if one.type in WITNESSES)

    @property
    def opened_at(self) -> datetime:
        """When it began."""
        return self.alarms[0].raised_at

    @property
    def ended_at(self) -> datetime | None:
        """When the last of it was over; None while any of it holds."""
        ends = [one.cleared_at for one in self.alarms]
        return None if None in ends else max(end for end in ends if end is not None)


def silent_witnesses(fused: Fused, greatest: Mapping[str, Decimal]) -> frozenset[str]:
    """Who was there and saw nothing of what the scale alone tells. A step of the weight without door or camera may be the scale's own (domain.md section 6, tampering).

    `greatest`: the greatest value of each metric of the same goods around the time when it began, of devices that were heard after it. A kind of which one figure
    says otherwise saw something, though it rang no bell: a door that opens in working hours.
    """
    if fused.witnesses != {"weight"}:
        return frozenset()
    heard = [(*SAW_NOTHING[metric], value) for metric, value in greatest.items() if metric in SAW_NOTHING]
    saw = {kind for kind, most, value in heard if value > most}
    return frozenset(kind for kind, _, _ in heard) - saw


def fuse(alarms: Iterable[Told], *, apart: timedelta = APART) -> list[Fused]:
    """The incidents that these alarms make, the earliest first: of one subject, each within `apart` of what came before. Any order gives the same.

    An alarm of a hall is of all goods that it concerns, and so makes one incident of what happens to them at that time.
    """
    ordered = sorted(alarms, key=_order)
    found = _runs([one for one in ordered if not one.of_arrival], apart)
    alone: list[Told] = []
    for one in ordered:
        if one.of_arrival:
            touched = next((place for place, each in enumerate(found) if _touches(each, one, apart)), None)
            if touched is None:
                alone.append(one)
            else:
                found[touched] = replace(found[touched], of_line=(*found[touched].of_line, one))
    return sorted([*found, *_runs(alone, apart)], key=lambda one: (one.opened_at, str(one.alarms[0].id)))


def corroborated(severity: Severity, type_: str, others: Iterable[str]) -> Severity:
    """How bad an alarm is beside others that hold about the same goods: CRITICAL where another kind of sensor saw it too, else as it was."""
    mine = WITNESSES.get(type_)
    if mine is None:
        return severity
    kinds = {mine, *(WITNESSES[other] for other in others if other in WITNESSES)}
    return voted(severity, kinds) if len(kinds) > 1 else severity


def _order(one: Told) -> tuple[datetime, str]:
    return one.raised_at, str(one.id)


def _touches(fused: Fused, one: Told, apart: timedelta) -> bool:
    """Whether what is wrong with the line falls into the incident of the same goods, or of the hall that they lie in."""
    if not any(one.subjects & each.subjects for each in fused.of_goods):
        return False
    ends_at = max(each.ends_at for each in fused.of_goods)
    return fused.of_goods[0].raised_at - apart <= one.ends_at and one.raised_at <= ends_at + apart


def _runs(alarms: Sequence[Told], apart: timedelta) -> list[Fused]:
    """What belongs together of alarms in their order: for each subject the runs without a pause, and those runs as one that share an alarm."""
    latest: dict[UUID, Told] = {}
    until: dict[UUID, datetime] = {}
    joined: dict[UUID, set[UUID]] = {one.id: {one.id} for one in alarms}
    for one in alarms:
        for subject in one.subjects:
            goes_on = subject in until and one.raised_at <= until[subject] + apart
            if goes_on:
                _join(joined, latest[subject], one)
            latest[subject], until[subject] = one, max(until[subject], one.ends_at) if goes_on else one.ends_at
    groups = {id(group): group for group in joined.values()}
    place = {one.id: number for number, one in enumerate(alarms)}
    return [Fused(tuple(alarms[at] for at in sorted(place[one] for one in group))) for group in groups.values()]


def _join(joined: dict[UUID, set[UUID]], one: Told, other: Told) -> None:
    if joined[one.id] is joined[other.id]:
        return
    joined[one.id] |= joined[other.id]
    for each in joined[one.id]:
        joined[each] = joined[one.id]
