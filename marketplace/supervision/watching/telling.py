"""From findings to alarms and facts: what a device's readings showed becomes known, once, about the lot that they speak for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.quantity import UNITS, Quantity
from marketplace.shipments.routes import report_exception
from marketplace.supervision.alarms.raising import clear_active, raise_alarm, take_in_newcomers
from marketplace.supervision.events import QuantityMeasured
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Device
from marketplace.supervision.rules.breaches import Change
from marketplace.supervision.watching.books import KILOGRAM
from marketplace.supervision.watching.journeying import EXCEPTIONS, under_way
from marketplace.supervision.watching.judging import Court
from marketplace.supervision.watching.standing import Story
from marketplace.supervision.watching.walking import Found
from marketplace.supervision.words import plain
from tenants.workspace import Workspace, act_as_device

SENTENCES = {
    "weight_change": "The scale shows %(value)s where %(expected)s should be, a difference of %(difference)s.",
    "temperature": "The temperature is %(value)s °C; the goods ask for %(low)s to %(high)s °C.",
    "humidity": "The humidity is %(value)s %%; the goods ask for %(low)s to %(high)s %%.",
    "door_open": "The door is open outside working hours, and no work was announced.",
    "door_left_open": "The door has stood open for more than ten minutes.",
    "smoke": "Smoke was detected.",
    "water": "Water was detected.",
    "tamper": "The device's case was opened.",
    "power": "The mains failed; the devices behind this gateway may fall silent.",
    "unauthorised_move": "The goods' tag is no longer in its place, and nothing was let go.",
    "geofence": "The goods are %(value)s m from the middle of their site; %(high)s m are allowed.",
    "route": "The goods are %(value)s m outside of the corridor of their journey; %(high)s m are allowed.",
    "long_stop": "The goods have stood for %(value)s minutes where no stop was planned; %(high)s minutes are allowed.",
    "door_off_stop": "The door was opened on the way, where no stop was planned.",
    "late_arrival": "The goods should have arrived %(value)s minutes ago; %(high)s minutes are allowed.",
    "position_doubted": "The receiver and the network place this device %(value)s m further apart than both may be off; %(high)s m are allowed. One of them may be deceived.",
    "intrusion": "Somebody is where nobody should be.",
    "image_change": "The picture changed by a share of %(value)s; %(high)s is allowed.",
    "camera_blocked": "The camera sees nothing, or not what it should.",
    "marks_missing": "Of the marks that the camera should see, %(value)s are missing.",
    "picture_still": "The camera has sent the very same picture for %(value)s minutes: it may be frozen or replayed.",
    "temperature_rate": "The temperature changed by %(value)s °C within %(within)s; more than %(high)s is too fast.",
    "temperature_budget": "The goods took %(value)s °C·h above their limit within %(within)s; %(high)s °C·h are allowed.",
    "humidity_rate": "The humidity changed by %(value)s %% within %(within)s; more than %(high)s is too fast.",
    "door_often": "The door was opened %(value)s times within %(within)s; more than %(high)s is unusual.",
    "weight_still": "The scale has said exactly the same for %(value)s minutes: it may be stuck.",
    "temperature_still": "The temperature has been exactly the same for %(value)s minutes: the sensor may be stuck.",
    "humidity_still": "The humidity has been exactly the same for %(value)s minutes: the sensor may be stuck.",
    "weight_anomaly": "The weight is not what it usually is at this hour: a surprise of %(value)s.",
    "temperature_anomaly": "The temperature is not what it usually is at this hour: a surprise of %(value)s.",
    "humidity_anomaly": "The humidity is not what it usually is at this hour: a surprise of %(value)s.",
    "count_anomaly": "The count is not what it usually is at this hour: a surprise of %(value)s.",
    "battery_low": "The battery is at %(value)s %%.",
    "battery_empty": "The battery is at %(value)s %% and will soon be empty.",
}
BEYOND_THE_FENCE = "The goods are %(value)s m outside of the fence; %(high)s m are allowed."


def tell(ws: Workspace, device: Device, court: Court, said: Sequence[Found], *, evidence: Sequence[str]) -> None:
    """Raise, clear and record what a message says, in the order of event time."""
    act_as_device(ws, device.id)
    raised: dict[UUID, Alarm] = {}
    for one in said:
        if one.kind == "measured":
            _tell_measured(ws, device, court, one, evidence)
        elif one.change is Change.CLEARED:
            clear_active(ws, device.id, one.kind, at=one.at)
        else:
            alarm = _raise(ws, device, court, one, evidence)
            raised[alarm.id] = alarm
    for alarm in raised.values():  # once it is known whether it was over already when goods came in
        if alarm.lot_id is None and alarm.cleared_at is None:
            take_in_newcomers(ws, alarm)


def tell_story(ws: Workspace, device: Device, court: Court, story: Story, *, evidence: Sequence[str]) -> None:
    """Tell a whole alarm at once, of which the house learns late; where it stands told, what it became since."""
    latest = replace(story.told[-1], at=story.began_at, severity=story.severity, place=story.told[0].place)
    _raise(ws, device, court, latest, evidence, over_at=story.over_at)


def row_of_story(device: Device, court: Court, story: Story) -> dict[str, Any]:
    """An alarm's columns as this story has them, but for its end."""
    first, last = story.told[0], story.told[-1]
    at_risk = _at_risk(court, last) if last.subject_id != device.id else None
    boot, sequence = first.place or (None, None)
    return {
        "raised_at": story.began_at,
        "severity": str(story.severity),
        "own_severity": str(story.severity),
        "because": _sentence(court, last),
        "facts": plain(_facts(device, court, last)),
        "quantity": at_risk.amount if at_risk else None,
        "unit": at_risk.unit if at_risk else None,
        "repeats": len(story.told) - 1,
        "boot": boot,
        "sequence": sequence,
    }


def _raise(
    ws: Workspace, device: Device, court: Court, one: Found, evidence: Sequence[str], *, over_at: datetime | None = None
) -> Alarm:
    lot_id = one.subject_id if one.subject_id != device.id else None
    alarm = raise_alarm(
        ws,
        type=one.kind,
        severity=str(one.severity),
        because=_sentence(court, one),
        lot_id=lot_id,
        site_id=None if lot_id else court.site_of(one.subject_id, one.at),
        device_id=device.id,
        raised_at=one.at,
        over_at=over_at,
        place=one.place,
        at_risk=_at_risk(court, one) if lot_id else None,
        evidence=evidence,
        **_facts(device, court, one),
    )
    journey = under_way(court.journeys.get(device.id, ()), one.at) if one.kind in EXCEPTIONS else None
    if journey:
        report_exception(ws, journey.shipment_id, EXCEPTIONS[one.kind], at=one.at)
    return alarm


def _sentence(court: Court, one: Found) -> str:
    fenced = one.kind == "geofence" and court.fence_of(one.subject_id, one.at)
    return BEYOND_THE_FENCE if fenced else SENTENCES[one.kind]


def _facts(device: Device, court: Court, one: Found) -> dict[str, Any]:
    """What fills the sentence. An open limit is told as a dash."""
    facts: dict[str, Any] = {"value": one.value, "device": device.name}
    if one.expected is not None:
        difference, tolerance = one.value - one.expected, one.tolerance or Decimal(0)
        weights = {"value": one.value, "expected": one.expected, "difference": difference, "tolerance": tolerance}
        facts |= {name: Quantity.rounded(weight, KILOGRAM) for name, weight in weights.items()}
    if one.kind.endswith(("_rate", "_often", "_budget")):
        within = court.setting(one.kind, one.subject_id, one.at).within
        facts["within"] = {"seconds": int(within.total_seconds())}
    if one.low is not None or one.high is not None:
        facts |= {"low": "–" if one.low is None else one.low, "high": "–" if one.high is None else one.high}
    return facts


def _at_risk(court: Court, one: Found) -> Quantity | None:
    """How much the finding is about, in the lot's unit: what the scale misses."""
    if one.kind != "weight_change" or one.expected is None:
        return None
    return in_unit_of(court, one.subject_id, abs(one.value - one.expected))


def in_unit_of(court: Court, lot_id: UUID, kilograms: Decimal) -> Quantity | None:
    """A weight in the lot's own unit; None where the lot is not counted by mass."""
    unit = court.units.get(lot_id)
    if unit is None or UNITS[unit].dimension != "mass":
        return None
    return Quantity.rounded(Quantity.rounded(kilograms, KILOGRAM).exact_in(unit), unit)


def _tell_measured(ws: Workspace, device: Device, court: Court, one: Found, evidence: Sequence[str]) -> None:
    assert one.expected is not None
    measured = in_unit_of(court, one.subject_id, max(Decimal(0), one.value))
    expected = in_unit_of(court, one.subject_id, one.expected)
    if measured is None or expected is None:
        return
    ws.record(
        QuantityMeasured(
            lot_id=one.subject_id, measured=measured, expected=expected, measured_at=one.at, device_id=device.id
        ),
        on=one.subject_id,
        evidence=evidence,
    )
