"""What supervision does by itself when its time comes: look for silence, give a gap up, tell the bank, stop the releases."""

from uuid import UUID

from marketplace.inventory.conversions.events import LotMerged, LotSplit, LotTransformed
from marketplace.inventory.events import LossReported, LotDeparted, LotReceived, LotRejected
from marketplace.inventory.handing_out.events import DepartureSettled
from marketplace.inventory.queries import GONE, find_lot
from marketplace.shipments.events import DeliveryDisputed, ShipmentDelivered
from marketplace.supervision.alarms import contesting, freezing, newcomers
from marketplace.supervision.alarms.laddering import climb
from marketplace.supervision.alarms.raising import escalate, is_resolved, raise_alarm
from marketplace.supervision.contest_events import AlarmContested
from marketplace.supervision.devices import attaching
from marketplace.supervision.devices.enrolment import find_device, state_of
from marketplace.supervision.queries import find_alarm
from marketplace.supervision.seals import retention, sealing
from marketplace.supervision.watching.echoes import look_for_echoes
from marketplace.supervision.watching.folding import fold_waiting
from marketplace.supervision.watching.listening import watch_silence as look_for_silence
from tenants.events import Happened, reacts_to
from tenants.workspace import Workspace

LOSS_SAYS = "The supervisor reported the goods lost or damaged: %(reason)s"


@reacts_to(
    LotDeparted, DepartureSettled, LotRejected, LossReported, LotSplit, LotMerged, LotTransformed, roles={"supervisor", "warehouse"}
)  # fmt: skip
def end_watch(ws: Workspace, happened: Happened) -> None:
    """A lot ended: goods left, were lost or refused, or are other lots now. Its devices watch nothing, and their silence alarms nobody.

    Damaged goods still lie there and stay watched.
    """
    if find_lot(ws, happened.stream_id).status in GONE:
        attaching.end_watch(ws, happened.stream_id)


@reacts_to(LotReceived, roles={"supervisor", "warehouse"})
def take_in_newcomers(ws: Workspace, happened: Happened) -> None:
    """Goods came into a hall: what its devices alarm of at this moment concerns them too."""
    newcomers.take_in(ws, happened.stream_id)


@reacts_to(LossReported, roles={"supervisor"})
def alarm_loss(ws: Workspace, happened: Happened) -> None:
    """Goods were reported lost or damaged: an alarm that climbs until its supervisor says what became of them."""
    raise_alarm(ws, type="loss", severity="CRITICAL", because=LOSS_SAYS, lot_id=happened.stream_id, reason=happened.facts["because"])  # fmt: skip


@reacts_to(ShipmentDelivered, DeliveryDisputed, roles={"supervisor"})
def end_ride(ws: Workspace, happened: Happened) -> None:
    """The goods were handed to their receiver: the tracker that rode with them speaks of them no more."""
    attaching.end_ride(ws, happened.stream_id)


@reacts_to(roles=set())
def watch_silence(ws: Workspace, happened: Happened) -> None:
    """Has the device been silent for three of its intervals?"""
    state = state_of(ws, happened.stream_id)
    look_for_silence(ws, find_device(ws, happened.stream_id), state)


@reacts_to(roles=set())
def give_up_gap(ws: Workspace, happened: Happened) -> None:
    """The missing messages did not come in time: the gap is an alarm, and the rules go on without them."""
    state = state_of(ws, happened.stream_id)
    fold_waiting(ws, find_device(ws, happened.stream_id), state)


@reacts_to(roles=set())
def seal_readings(ws: Workspace, happened: Happened) -> None:
    """A day is over: what the firm's devices said lies under a seal, and is looked through for what was said before."""
    if sealing.seal_readings(ws) < sealing.MOST_AT_ONCE:
        look_for_echoes(ws)


@reacts_to(roles=set())
def let_readings_go(ws: Workspace, happened: Happened) -> None:
    """The retention of what was sealed on a day has ended."""
    retention.let_go(ws)


@reacts_to(AlarmContested, roles={"supervisor", "warehouse"})
def await_answer(ws: Workspace, happened: Happened) -> None:
    """The owner contests an alarm: the clock of the answer runs."""
    contesting.set_reminder(ws, find_alarm(ws, UUID(happened.facts["alarm_id"])))


@reacts_to(roles=set())
def remind_of_contest(ws: Workspace, happened: Happened) -> None:
    """A contest should be answered by now."""
    contesting.remind(ws, find_alarm(ws, UUID(happened.facts["alarm_id"]), lock=True))


@reacts_to(roles=set())
def climb_ladder(ws: Workspace, happened: Happened) -> None:
    """Nobody has acknowledged an alarm in time: it is told again, higher up."""
    climb(ws, find_alarm(ws, UUID(happened.facts["alarm_id"]), lock=True))


@reacts_to(roles=set())
def inform_bank(ws: Workspace, happened: Happened) -> None:
    """A CRITICAL alarm that nobody has resolved for 15 minutes is told to the bank and the owner."""
    alarm = find_alarm(ws, UUID(happened.facts["alarm_id"]), lock=True)
    if not is_resolved(alarm):
        escalate(ws, alarm)


@reacts_to(roles=set())
def freeze_unresolved(ws: Workspace, happened: Happened) -> None:
    """A CRITICAL alarm that nobody has resolved for 30 minutes freezes the lot; a shelved one does so when its shelving ends."""
    alarm = find_alarm(ws, UUID(happened.facts["alarm_id"]), lock=True)
    if is_resolved(alarm):
        return
    if alarm.shelved_until and alarm.shelved_until > ws.now:
        key = f"{alarm.id}:{alarm.shelved_until.isoformat()}"
        ws.set_timer("supervision.freeze_unresolved", key=key, due=alarm.shelved_until, stream_id=happened.stream_id, alarm_id=str(alarm.id))  # fmt: skip
        return
    freezing.freeze_for(ws, alarm)
