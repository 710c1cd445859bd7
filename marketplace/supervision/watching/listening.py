"""What a device's behaviour says beside its readings: that it fell silent, that its clock is wrong, that its calibration ends, that somebody else speaks
in its name.

Small marks of all this live beside the rules' memory, under names without a bar, so that a quiet message costs no query.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.supervision.alarms.raising import clear_active, raise_alarm, take_in_newcomers
from marketplace.supervision.devices.profiles import PROFILES
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.models.devices import AnyState, Attachment, Device, DeviceState
from marketplace.supervision.readings.counting import counts
from marketplace.supervision.readings.ports import Continuity, SignedBatch, Standing
from marketplace.supervision.readings.spreading import watches_of
from marketplace.supervision.readings.writing import write_all
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.devices import (
    SILENCE_CRITICAL_AFTER,
    SILENCE_MAJOR_AFTER,
    SILENT_AFTER_INTERVALS,
    calibration,
    is_skewed,
    silence,
)
from marketplace.supervision.watching.inhibiting import LOOK_AGAIN, is_inhibited
from tenants.workspace import Workspace, act_as_device

WATCH_SILENCE = "supervision.watch_silence"
MESSAGES_TO_CLEAR = 3
MOMENT = timedelta(seconds=1)
SILENCE_SAYS = "%(device)s has been silent since %(since)s; it should speak once in %(interval)s."
FORGED_SAYS = "A message in the name of %(device)s was signed with another key."
REFUSED_CLOCK_SAYS = "Messages of %(device)s are refused: its clock is wrong by more than five minutes."
REFRESH_AFTER = timedelta(minutes=1)
CLOCK_SAYS = "The clock of %(device)s is %(seconds)s seconds ahead."
FIRMWARE_SAYS = "%(device)s reports the firmware %(firmware)s; %(expected)s was expected."
CALIBRATION_SAYS = {
    "calibration_due": "The calibration of %(device)s ends on %(until)s.",
    "calibration_expired": "The calibration of %(device)s ended on %(until)s: its figures verify no quantity.",
}
TAMPER_SAYS = {
    Continuity.CONFLICT: "Two different messages claim the same place in the history of %(device)s: its key may be cloned.",
    Continuity.BROKEN: "A message of %(device)s names another predecessor than the one we hold: its history was cut.",
}


def hear(ws: Workspace, device: Device, state: AnyState, batch: SignedBatch, found: Standing) -> None:
    """Take note of a message that arrived, whatever it says."""
    if found.kind in TAMPER_SAYS:
        raise_of_device(ws, device, "tamper", "CRITICAL", TAMPER_SAYS[found.kind], evidence=[batch.digest.hex()])
    if found.kind in (Continuity.DUPLICATE, Continuity.CONFLICT):
        return
    _hear_clock(ws, device, state, batch)
    _hear_calibration(ws, device, state)
    _hear_firmware(ws, device, state)
    _hear_voice(ws, device, state)


def next_looks(ws: Workspace, heard: Iterable[tuple[Device, AnyState]]) -> list[tuple[str, datetime, UUID]]:
    """Timers by which the next silence of each of these will be noticed; their states remember the time."""
    timers = []
    for device, state in heard:
        if "silent" not in state.rules and (state.watched_until is None or state.watched_until < ws.now):
            state.watched_until = _first_look(ws, device)
            timers.append((_timer_key(device, state.watched_until), state.watched_until, device.id))
    return timers


def note_refusals(ws: Workspace, device_id: UUID, codes: Sequence[str]) -> None:
    """Count messages in this device's name that were refused at the door; a false signature is an alarm, however often it comes.

    Nothing of such a message is stored. The alarm is refreshed once a minute at most, so that a flood of forgeries costs little.
    """
    write_all(ws, [counts(ws, Counter((device_id, code) for code in codes))])
    device = ws.session.get_one(Device, (ws.tenant_id, device_id))
    if "bad_signature" in codes and not _lately(ws, device_id, "signature"):
        raise_of_device(ws, device, "signature", "CRITICAL", FORGED_SAYS)
    if "skewed" in codes and not _lately(ws, device_id, "clock_skew"):
        state = ws.session.get_one(DeviceState, (ws.tenant_id, device_id), with_for_update={"key_share": True})
        state.rules = state.rules | {"skewed": 1}
        raise_of_device(ws, device, "clock_skew", "MINOR", REFUSED_CLOCK_SAYS)


def _lately(ws: Workspace, device_id: UUID, kind: str) -> bool:
    """Whether an active alarm of this kind was raised or refreshed within the last minute."""
    return bool(
        ws.session.scalar(
            select(func.count())
            .select_from(Alarm)
            .where(
                Alarm.tenant_id == ws.tenant_id,
                Alarm.originator_id == device_id,
                Alarm.type == kind,
                Alarm.cleared_at.is_(None),
                Alarm.repeated_at > ws.now - REFRESH_AFTER,
            )
        )
    )


def watch_silence(ws: Workspace, device: Device, state: AnyState) -> None:
    """Look whether the device is silent, raise or worsen the alarm, and set the time of the next look. Behind a lost gateway it is held back."""
    since = _last_word(ws, device, state)
    if device.revoked_at or since is None:
        state.watched_until = None
        return
    severity = silence(since, ws.now, _interval(device), sole_control=PROFILES[device.kind].needs_calibration)
    if severity is not None and is_inhibited(ws, device, severity):
        state.watched_until = ws.now + LOOK_AGAIN
        arm(ws, device, state.watched_until)
        return
    if severity is not None:
        state.rules = state.rules | {"silent": 0}
        raise_of_device(
            ws, device, "silence", str(severity), SILENCE_SAYS,
            since=since, interval={"seconds": device.interval_seconds}, raised_at=since + SILENT_AFTER_INTERVALS * _interval(device),
        )  # fmt: skip
    due = _next_look(device, since, ws.now, severity)
    state.watched_until = due
    if due:
        arm(ws, device, due)


def arm(ws: Workspace, device: Device, due: datetime) -> None:
    """Look again then."""
    ws.set_timer(WATCH_SILENCE, key=_timer_key(device, due), due=due, stream_id=device.id)


def start_watch(ws: Workspace, device: Device, state: AnyState) -> None:
    """From its attachment on a device is expected to speak."""
    state.watched_until = _first_look(ws, device)
    arm(ws, device, state.watched_until)


def _first_look(ws: Workspace, device: Device) -> datetime:
    return ws.now + SILENT_AFTER_INTERVALS * _interval(device) + MOMENT


def _timer_key(device: Device, due: datetime) -> str:
    """It holds the time, since a timer that has run is never set again."""
    return f"{device.id}:{due.isoformat()}"


def _next_look(device: Device, since: datetime, now: datetime, severity: Severity | None) -> datetime | None:
    """When the next thing may happen: silence, or its worsening. None where nothing more can."""
    if severity is None:
        return max(now, since + SILENT_AFTER_INTERVALS * _interval(device)) + MOMENT
    later = [since + after for after in (SILENCE_MAJOR_AFTER, SILENCE_CRITICAL_AFTER) if since + after > now]
    return later[0] if later else None


def _last_word(ws: Workspace, device: Device, state: AnyState) -> datetime | None:
    """When it was last heard, or began to watch; None where nobody expects it to speak."""
    attached: datetime | None = ws.session.scalar(
        select(func.lower(Attachment.during)).where(
            Attachment.tenant_id == ws.tenant_id, Attachment.device_id == device.id, func.upper_inf(Attachment.during)
        )
    )
    if attached is None:
        return None
    return max(attached, state.heard_at) if state.heard_at else attached


def _hear_voice(ws: Workspace, device: Device, state: AnyState) -> None:
    """It speaks: after three messages its silence is over."""
    if "silent" not in state.rules:
        return
    heard = state.rules["silent"] + 1
    state.rules = {key: kept for key, kept in state.rules.items() if key != "silent"}
    if heard < MESSAGES_TO_CLEAR:
        state.rules = state.rules | {"silent": heard}
        return
    clear_active(ws, device.id, "silence", at=ws.now)


def _hear_clock(ws: Workspace, device: Device, state: AnyState, batch: SignedBatch) -> None:
    """A message from the future is a wrong clock. One from the past may only have waited: that is late, and no finding."""
    ahead = batch.sent_at - ws.now
    state.skew_seconds = max(0, int(ahead.total_seconds()))
    skewed = ahead > timedelta(0) and is_skewed(batch.sent_at, ws.now)
    if skewed and "skewed" not in state.rules:
        state.rules = state.rules | {"skewed": 1}
        raise_of_device(ws, device, "clock_skew", "MINOR", CLOCK_SAYS, seconds=state.skew_seconds)
    elif not skewed and "skewed" in state.rules:
        state.rules = {key: kept for key, kept in state.rules.items() if key != "skewed"}
        clear_active(ws, device.id, "clock_skew", at=ws.now)


def _hear_calibration(ws: Workspace, device: Device, state: AnyState) -> None:
    """Say once that the certificate ends, and once that it has ended."""
    severity = calibration(device.calibrated_until, ws.now.date()) if device.calibrated_until else None
    told = state.rules.get("calibration")
    if (str(severity) if severity else None) == told:
        return
    state.rules = {key: kept for key, kept in state.rules.items() if key != "calibration"}
    for kind in CALIBRATION_SAYS:
        clear_active(ws, device.id, kind, at=ws.now)
    if severity:
        state.rules = state.rules | {"calibration": str(severity)}
        kind = "calibration_expired" if severity is Severity.MAJOR else "calibration_due"
        raise_of_device(ws, device, kind, str(severity), CALIBRATION_SAYS[kind], until=device.calibrated_until)


def _hear_firmware(ws: Workspace, device: Device, state: AnyState) -> None:
    """Another firmware than the supervisor knows may read what it likes: say so once, until it or the register is put right."""
    other = bool(device.firmware_expected and state.firmware and state.firmware != device.firmware_expected)
    if other == ("firmware" in state.rules):
        return
    if other:
        state.rules = state.rules | {"firmware": 1}
        raise_of_device(ws, device, "firmware", "MAJOR", FIRMWARE_SAYS, firmware=state.firmware, expected=device.firmware_expected)  # fmt: skip
    else:
        state.rules = {key: kept for key, kept in state.rules.items() if key != "firmware"}
        clear_active(ws, device.id, "firmware", at=ws.now)


def raise_of_device(
    ws: Workspace,
    device: Device,
    kind: str,
    severity: str,
    says: str,
    *,
    raised_at: datetime | None = None,
    evidence: list[str] | None = None,
    **facts: Any,
) -> None:
    """Raise it about the lot that the device watches, so that those who rely on the device hear of it; else about the device."""
    act_as_device(ws, device.id)
    watch = next(iter(watches_of(ws, {device.id}, ws.now, ws.now)[device.id]), None)
    lot_id = watch.lot_id if watch else None
    alarm = raise_alarm(
        ws,
        type=kind,
        severity=severity,
        because=says,
        lot_id=lot_id,
        device_id=device.id,
        raised_at=raised_at,
        evidence=evidence or (),
        device=device.name,
        **facts,
    )
    if lot_id is None:
        take_in_newcomers(ws, alarm)


def _interval(device: Device) -> timedelta:
    return timedelta(seconds=device.interval_seconds)
