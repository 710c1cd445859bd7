"""Rows of supervision in the shapes of its calls, and the cursor of a metric's history."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from frontend.api import Moment
from frontend.supervision.alarm_words import alarm_reason
from marketplace.supervision import queries
from marketplace.supervision.alarms.attending import clocks_of
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import Attachment
from marketplace.supervision.models.readings import LatestReading, ReadingSeries
from marketplace.supervision.rules.keys import fingerprint
from tenants.errors import Invalid
from tenants.workspace import Workspace

Moments: TypeAdapter[Any] = TypeAdapter(Moment)


def device_view(ws: Workspace, row: queries.Watched) -> dict[str, Any]:
    device, state = row.device, row.state
    names = ("id", "name", "kind", "serial", "interval_seconds", "calibrated_until", "certificate", "revoked_at", "gateway_id", "x509_until", "accuracy", "firmware_expected")  # fmt: skip
    said = ("battery", "firmware", "heard_at", "batches", "samples", "missing")
    return {name: getattr(device, name) for name in names} | {name: getattr(state, name) for name in said} | {
        "state": row.standing(ws.now),
        "public_key": device.public_key.hex() if device.public_key else None,
        "fingerprint": fingerprint(device.public_key) if device.public_key else None,
        "next_fingerprint": fingerprint(device.next_key) if device.next_key else None,
        "attachment": attachment_view(row.attachment) if row.attachment else None,
    }  # fmt: skip


def attachment_view(one: Attachment) -> dict[str, Any]:
    names = ("id", "device_id", "lot_id", "bin_id", "zone_id", "site_id", "since", "until", "tare_kg")
    return {name: getattr(one, name) for name in names}


def latest_view(row: LatestReading) -> dict[str, Any]:
    names = ("metric", "channel", "value", "unit", "at", "received_at", "device_id", "trusted")
    return {name: getattr(row, name) for name in names} | {"device": row.device_name}


def points_view(row: ReadingSeries) -> dict[str, Any]:
    names = ("device_id", "channel", "boot", "sequence", "unit", "values", "late", "trusted")
    moments = [row.first_at + timedelta(milliseconds=offset) for offset in row.offsets]
    return {name: getattr(row, name) for name in names} | {"at": moments}


def cursor_of(row: ReadingSeries) -> str:
    channel = base64.urlsafe_b64encode(row.channel.encode()).decode()
    return f"{row.first_at.isoformat()}|{row.device_id}|{row.boot}|{row.sequence}|{channel}"


def place_of(cursor: str) -> tuple[Any, UUID, int, int, str] | None:
    """The place that a cursor names. Refuses one that we did not make."""
    if not cursor:
        return None
    try:
        at, device_id, boot, sequence, channel = cursor.split("|")
        text = base64.urlsafe_b64decode(channel).decode()
        return Moments.validate_python(at), UUID(device_id), _number(boot), _number(sequence), text.replace("\0", "")
    except ValueError as wrong:
        raise Invalid("cursor_wrong", "This cursor is not one of ours.", field="cursor") from wrong


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise ValueError(text)
    return number


def alarm_view(alarm: Alarm) -> dict[str, Any]:
    names = (
        "id", "number", "type", "severity", "status", "lot_id", "site_id", "device_id", "raised_at", "noticed_at", "repeats", "acknowledged_at",
        "acknowledged_by", "seen_at", "seen_by", "on_site_at", "on_site_by", "assigned_to", "rungs", "cleared_at", "shelved_until", "froze_lot", "disposition", "superseded_by", "closing_note", "evidence", "closed_at", "closed_by",
    )  # fmt: skip
    amount = {"amount": f"{alarm.quantity:f}", "unit": alarm.unit} if alarm.quantity is not None else None
    clocks = [{"of": one.of, "due_at": one.due_at, "done_at": one.done_at} for one in clocks_of(alarm)]
    return {name: getattr(alarm, name) for name in names} | {"quantity": amount, "reason": alarm_reason(alarm), "clocks": clocks}  # fmt: skip
