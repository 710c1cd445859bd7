"""Telling again until somebody acts: an alarm that nobody acknowledges climbs the ladder, and on its last rung it is told every hour (domain.md section 7).

Each rung is a timer of its own, and tells only what is due and was not told yet: run twice, or late, it tells once (invariant 44).
"""

from marketplace.supervision.alarms.concerning import tell_all
from marketplace.supervision.alarms.raising import set_ladder, set_rung
from marketplace.supervision.escalation_events import AlarmLeftToBank, AlarmUnanswered
from marketplace.supervision.models.alarms import Alarm
from marketplace.supervision.rules.alarms import Severity
from marketplace.supervision.rules.duty import RUNG_WORDS, latest_rung
from marketplace.supervision.words import SEVERITIES, saying
from tenants.workspace import Workspace


def climb(ws: Workspace, alarm: Alarm) -> None:
    """Nobody acknowledged it in time: tell whoever stands on this rung, and set the next. A shelved one climbs on when its shelving ends."""
    if alarm.acknowledged_at or alarm.closed_at:
        return
    if alarm.shelved_until and alarm.shelved_until > ws.now:
        set_rung(ws, alarm, alarm.shelved_until)
        return
    due = latest_rung(Severity(alarm.severity), alarm.noticed_at, alarm.rungs, ws.now)
    if due is None:
        return
    alarm.rungs, rung_now = due
    kind = AlarmLeftToBank if rung_now.reaches_bank else AlarmUnanswered
    told = kind(
        alarm_id=alarm.id,
        number=alarm.number,
        severity=alarm.severity,
        severity_word=saying(SEVERITIES[alarm.severity]),
        reason=saying(alarm.because, alarm.facts),
        waited={"seconds": int((ws.now - alarm.noticed_at).total_seconds()) // 60 * 60},
        whom=saying(RUNG_WORDS[rung_now.who]),
        lot_id=alarm.lot_id,
    )
    tell_all(ws, alarm, told)
    set_ladder(ws, alarm)
