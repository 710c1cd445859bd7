"""Calls about devices, readings and alarms. Signed batches themselves come in by `POST /devices/{id}/batches` (the device door), without a token."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from frontend.api import Nothing, PageQuery
from frontend.pledges.api import Proposed, proposed
from frontend.supervision.calls import api
from frontend.supervision.device_shapes import (
    AttachmentView,
    Calibration,
    Claiming,
    DevicePage,
    DeviceView,
    Enrolment,
    FateList,
    Firmware,
    NewKey,
    Placing,
)
from frontend.supervision.presenting import (
    alarm_view,
    attachment_view,
    cursor_of,
    device_view,
    latest_view,
    place_of,
    points_view,
)
from frontend.supervision.shapes import (
    AlarmPage,
    AlarmQuery,
    AlarmView,
    Assignment,
    Climate,
    Closing,
    Comment,
    CommentList,
    CommentView,
    ConditionView,
    Done,
    GateAnswer,
    GateExit,
    Handling,
    LatestList,
    Maintenance,
    Reason,
    SeriesPage,
    SeriesQuery,
    Shelving,
)
from marketplace.quantity import Quantity
from marketplace.supervision import actions, queries
from marketplace.supervision.devices.certificates import read_key
from marketplace.supervision.devices.claims import claim_from_text
from tenants.errors import Invalid
from tenants.workspace import Workspace

LONGEST_SPAN = timedelta(days=400)


@api.look("/devices", gives=DevicePage, takes=PageQuery)
def list_devices(ws: Workspace, body: PageQuery) -> Any:
    """The caller's devices."""
    rows = queries.list_devices(ws, cursor=body.cursor, limit=body.limit)
    return {
        "items": [device_view(ws, row) for row in rows],
        "next": rows[-1].device.id if len(rows) == body.limit else None,
    }


@api.act("/devices", gives=DeviceView, takes=Enrolment, status=201)
def enrol_device(ws: Workspace, body: Enrolment) -> Any:
    """Enrol a device under its own Ed25519 key, or a simple sensor under its gateway."""
    key, x509 = read_key(body.public_key, now=ws.now) if body.public_key or not body.gateway_id else (None, None)
    described = actions.Described(**body.model_dump(exclude={"public_key", "gateway_id"}))
    device = actions.enrol_device(ws, described, public_key=key, gateway_id=body.gateway_id, x509=x509)
    return DeviceView.model_validate(device_view(ws, queries.watched_device(ws, device.id)))


@api.act("/devices/claims", gives=DeviceView, takes=Claiming, status=201)
def claim_device(ws: Workspace, body: Claiming) -> Any:
    """Enrol a device as the code on its label describes it."""
    device = actions.claim_device(ws, claim=claim_from_text(body.claim), name=body.name)
    return DeviceView.model_validate(device_view(ws, queries.watched_device(ws, device.id)))


@api.look("/devices/<uuid:device_id>", gives=DeviceView)
def show_device(ws: Workspace, device_id: UUID) -> Any:
    """One device."""
    return device_view(ws, queries.watched_device(ws, device_id))


@api.look("/devices/<uuid:device_id>/fates", gives=FateList)
def list_fates(ws: Workspace, device_id: UUID) -> Any:
    """What became of a device's messages: how many were taken, sent again, late, in conflict or refused."""
    queries.watched_device(ws, device_id)
    return {"items": [{"fate": fate, "messages": count} for fate, count in queries.fates_of(ws, device_id).items()]}


@api.act("/devices/<uuid:device_id>/attachments", gives=AttachmentView, takes=Placing, status=201)
def attach_device(ws: Workspace, device_id: UUID, body: Placing) -> Any:
    """Attach a device for the first time."""
    made = actions.attach_device(ws, device_id, **body.model_dump(exclude={"because"}))
    return AttachmentView.model_validate(attachment_view(made))


@api.act("/devices/<uuid:device_id>/moves", gives=Proposed, takes=Placing, status=201)
def propose_move(ws: Workspace, device_id: UUID, body: Placing) -> Any:
    """Propose to move a device that has watched before: a colleague decides."""
    return proposed(actions.propose_move(ws, device_id, **body.model_dump()))


@api.act("/devices/<uuid:device_id>/detachment", gives=AttachmentView, takes=Nothing)
def detach_device(ws: Workspace, device_id: UUID, body: Nothing) -> Any:
    """End a device's watch."""
    return AttachmentView.model_validate(attachment_view(actions.detach_device(ws, device_id)))


@api.act("/devices/<uuid:device_id>/revocation", gives=DeviceView, takes=Reason)
def revoke_device(ws: Workspace, device_id: UUID, body: Reason) -> Any:
    """Revoke a device's key for good."""
    actions.revoke_device(ws, device_id, because=body.because)
    return DeviceView.model_validate(device_view(ws, queries.watched_device(ws, device_id)))


@api.act("/devices/<uuid:device_id>/keys", gives=Proposed, takes=NewKey, status=201)
def propose_key(ws: Workspace, device_id: UUID, body: NewKey) -> Any:
    """Propose a device's next key: a colleague decides."""
    key, _ = read_key(body.public_key, now=ws.now)
    return proposed(actions.propose_key(ws, device_id, public_key=key, because=body.because))


@api.act("/devices/<uuid:device_id>/firmware", gives=DeviceView, takes=Firmware)
def expect_firmware(ws: Workspace, device_id: UUID, body: Firmware) -> Any:
    """Enter what a device should report of its firmware."""
    actions.expect_firmware(ws, device_id, firmware=body.firmware)
    return DeviceView.model_validate(device_view(ws, queries.watched_device(ws, device_id)))


@api.act("/devices/<uuid:device_id>/calibrations", gives=DeviceView, takes=Calibration)
def record_calibration(ws: Workspace, device_id: UUID, body: Calibration) -> Any:
    """Enter a calibration certificate."""
    actions.record_calibration(ws, device_id, until=body.until, certificate=body.certificate)
    return DeviceView.model_validate(device_view(ws, queries.watched_device(ws, device_id)))


@api.look("/lots/<uuid:lot_id>/latest-readings", gives=LatestList)
def show_latest(ws: Workspace, lot_id: UUID) -> Any:
    """The newest value of each sensor that watches a lot."""
    queries.condition_of(ws, lot_id)
    return {"items": [latest_view(row) for row in queries.latest_readings(ws, lot_id)]}


@api.look("/lots/<uuid:lot_id>/readings", gives=SeriesPage, takes=SeriesQuery)
def show_series(ws: Workspace, lot_id: UUID, body: SeriesQuery) -> Any:
    """A metric of a lot over time."""
    queries.condition_of(ws, lot_id)
    end = body.end or ws.now
    start = body.start or end - timedelta(days=1)
    if not timedelta(0) < end - start <= LONGEST_SPAN:
        raise Invalid("span_wrong", "The end lies after the start, by 400 days at most.", field="end")
    rows = queries.page_of_series(ws, lot_id, body.metric, start, end, after=place_of(body.cursor), limit=body.limit)
    return {
        "items": [points_view(row) for row in rows],
        "next": cursor_of(rows[-1]) if len(rows) == body.limit else None,
    }


@api.look("/lots/<uuid:lot_id>/condition", gives=ConditionView)
def show_condition(ws: Workspace, lot_id: UUID) -> Any:
    """How far the house may rely on a lot now."""
    return vars(queries.condition_of(ws, lot_id))


@api.look("/alarms", gives=AlarmPage, takes=AlarmQuery)
def list_alarms(ws: Workspace, body: AlarmQuery) -> Any:
    """Alarms that the caller sees."""
    rows = queries.page_of_alarms(ws, cursor=body.cursor, limit=body.limit, state=body.state)
    return {"items": [alarm_view(row) for row in rows], "next": rows[-1].id if len(rows) == body.limit else None}


@api.look("/alarms/<uuid:alarm_id>", gives=AlarmView)
def show_alarm(ws: Workspace, alarm_id: UUID) -> Any:
    """One alarm."""
    return alarm_view(queries.find_alarm(ws, alarm_id))


@api.act("/alarms/<uuid:alarm_id>/acknowledgement", gives=AlarmView, takes=Nothing)
def acknowledge_alarm(ws: Workspace, alarm_id: UUID, body: Nothing) -> Any:
    """Take note of an alarm."""
    return AlarmView.model_validate(alarm_view(actions.acknowledge_alarm(ws, alarm_id)))


@api.act("/alarms/<uuid:alarm_id>/assignment", gives=AlarmView, takes=Assignment)
def assign_alarm(ws: Workspace, alarm_id: UUID, body: Assignment) -> Any:
    """Give an alarm to one of the firm's people."""
    return AlarmView.model_validate(alarm_view(actions.assign_alarm(ws, alarm_id, body.person_id)))


@api.look("/alarms/<uuid:alarm_id>/comments", gives=CommentList)
def list_comments(ws: Workspace, alarm_id: UUID) -> Any:
    """What was said of an alarm."""
    queries.find_alarm(ws, alarm_id)
    return {"items": queries.notes_of(ws, alarm_id)}


@api.act("/alarms/<uuid:alarm_id>/comments", gives=CommentView, takes=Comment, status=201)
def comment_alarm(ws: Workspace, alarm_id: UUID, body: Comment) -> Any:
    """Say something of an alarm."""
    return CommentView.model_validate(actions.comment_alarm(ws, alarm_id, body.text))


@api.act("/alarms/<uuid:alarm_id>/clearance", gives=AlarmView, takes=Nothing)
def clear_alarm(ws: Workspace, alarm_id: UUID, body: Nothing) -> Any:
    """Find that an alarm is over."""
    return AlarmView.model_validate(alarm_view(actions.clear_alarm(ws, alarm_id)))


@api.act("/alarms/<uuid:alarm_id>/closing", gives=AlarmView, takes=Closing)
def close_alarm(ws: Workspace, alarm_id: UUID, body: Closing) -> Any:
    """Close an alarm with its disposition."""
    closed = actions.close_alarm(ws, alarm_id, disposition=body.disposition, note=body.note, evidence=body.evidence)
    return AlarmView.model_validate(alarm_view(closed))


@api.act("/alarms/<uuid:alarm_id>/shelvings", gives=Proposed, takes=Shelving, status=201)
def propose_shelving(ws: Workspace, alarm_id: UUID, body: Shelving) -> Any:
    """Propose to leave an alarm aside for some hours."""
    return proposed(actions.propose_shelving(ws, alarm_id, hours=body.hours, because=body.because))


@api.act("/lots/<uuid:lot_id>/gate-exits", gives=GateAnswer, takes=GateExit, status=201)
def record_gate_exit(ws: Workspace, lot_id: UUID, body: GateExit) -> Any:
    """Record that goods left through the gate."""
    left = Quantity.of(body.quantity.amount, body.quantity.unit)
    alarm = actions.record_gate_exit(ws, lot_id, quantity=left, vehicle=body.vehicle)
    return GateAnswer.model_validate({"alarm": alarm_view(alarm) if alarm else None})


@api.act("/lots/<uuid:lot_id>/handlings", gives=Done, takes=Handling, status=201)
def announce_handling(ws: Workspace, lot_id: UUID, body: Handling) -> Any:
    """Announce work upon free goods."""
    return {"id": actions.announce_handling(ws, lot_id, hours=body.hours, because=body.because).id}


@api.act("/lots/<uuid:lot_id>/maintenances", gives=Proposed, takes=Maintenance, status=201)
def propose_maintenance(ws: Workspace, lot_id: UUID, body: Maintenance) -> Any:
    """Propose a maintenance window."""
    return proposed(actions.propose_maintenance(ws, lot_id, **body.model_dump()))


@api.act("/lots/<uuid:lot_id>/climate", gives=Climate, takes=Climate)
def set_climate(ws: Workspace, lot_id: UUID, body: Climate) -> Any:
    """Set the climate that the goods ask for."""
    actions.set_climate(
        ws, lot_id, metric=body.metric, low=body.low, high=body.high, lasting_seconds=body.lasting_seconds
    )
    return body
