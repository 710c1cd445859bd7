"""What is told of an alarm: its name and its reason in words, what is at stake, and its story."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from frontend.language import decimal, quantity, translate
from marketplace.inventory.models import Lot
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.supervision.models.alarms import Alarm, AlarmNote
from marketplace.supervision.words import ENDS, SEVERITIES, TYPES
from marketplace.twin.floors import OpenAlarm
from marketplace.valuation.queries import price_of, today
from tenants.errors import Refused
from tenants.workspace import Workspace


def alarm_title(alarm: Alarm) -> str:
    """Its type as a word."""
    return type_word(alarm.type)


def type_word(kind: str) -> str:
    """An alarm type as people call it."""
    return translate(TYPES.get(kind, kind))


def alarm_reason(alarm: Alarm | OpenAlarm) -> str:
    """Its sentence, the places filled with figures as people write them."""
    return translate(alarm.because, **{name: _figure(value) for name, value in alarm.facts.items()})


def _figure(value: object) -> object:
    """An exact figure kept as text, with its thousands parted."""
    if isinstance(value, str):
        try:
            exact = Decimal(value)
        except ArithmeticError:
            return value
        places = max(0, -int(exact.as_tuple().exponent)) if exact.is_finite() else 0
        return decimal(exact, min(places, 3)) if exact.is_finite() else value
    return value


def worth_of(ws: Workspace, alarm: Alarm, lot: Lot | None) -> Money | None:
    """What the goods that the alarm is about are worth by the viewer's own prices; None where it has none that is fresh."""
    if lot is None or not lot.price_code:
        return None
    amount = _stake(alarm, lot)
    if amount is None:
        return None
    try:
        quote = price_of(ws, lot.price_code, today(ws))
        return Money.rounded(quote.price.of(amount), quote.price.currency)
    except Refused:
        return None


def worth_of_all(ws: Workspace, alarm: Alarm, lots: Iterable[Lot]) -> Money | None:
    """The same of several lots together, those of a hall."""
    return together(worth for lot in lots if (worth := worth_of(ws, alarm, lot)))


def together(amounts: Iterable[Money]) -> Money | None:
    """Their sum; None where there are none, or where they are in several currencies and make no one figure."""
    found = list(amounts)
    if len({one.currency for one in found}) != 1:
        return None
    return sum(found[1:], found[0])


def at_stake(alarm: Alarm, lot: Lot | None = None) -> str:
    """How much of the goods it is about, in words: all that is verified, where it names no part."""
    return quantity(_stake(alarm, lot))


def all_at_stake(alarm: Alarm, lots: Sequence[Lot]) -> str:
    """The same of several lots together, those of a hall; a dash where they are counted in several units."""
    found = [stake for lot in lots if (stake := _stake(alarm, lot))]
    alike = len({one.unit for one in found}) == 1
    return quantity(sum(found[1:], found[0]) if alike else None)


def _stake(alarm: Alarm, lot: Lot | None) -> Quantity | None:
    if alarm.quantity is not None and alarm.unit:
        return Quantity(alarm.quantity, alarm.unit)
    return lot.verified if lot and lot.verified_qty else None


def story_of(alarm: Alarm, notes: Sequence[AlarmNote], more: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """The alarm's timeline, newest first, with `more` steps among its own."""
    tone = "danger" if alarm.severity in ("CRITICAL", "MAJOR") else "watch"
    steps = [
        _step(alarm.raised_at, "Raised: %(reason)s", "alarm", tone, reason=alarm_reason(alarm)),
        _step(alarm.acknowledged_at, "Acknowledged", "eye", "info", by=alarm.acknowledged_by),
        _step(alarm.seen_at, "Looked at by video", "camera", "info", by=alarm.seen_by),
        _step(alarm.on_site_at, "Looked at on site", "pin", "info", by=alarm.on_site_by),
        _step(alarm.shelved_at, "Shelved", "paused"),
        _step(alarm.noticed_at if alarm.froze_lot else None, "The lot was frozen", "freeze", "info"),
        _step(alarm.cleared_at, "Over", "ok", "ok", by=_officer(alarm.cleared_by)),
        _step(alarm.repeated_at if alarm.repeats else None, "Repeated %(times)s times", "refresh", times=alarm.repeats),
        _step(alarm.superseded_at, "Messages that came late tell it otherwise", "refresh", "info"),
        *({"at": note.at, "title": note.text, "by": f"{note.by} · {note.organisation}", "icon": "message"} for note in notes),
    ]  # fmt: skip
    if alarm.disposition:
        word = translate(ENDS[alarm.disposition])
        closed = _step(alarm.closed_at, "Closed: %(word)s", "check", by=_officer(alarm.closed_by), word=word)
        steps.append(closed and closed | {"text": alarm.closing_note})
    return sorted(filter(None, [*steps, *more]), key=lambda step: step["at"], reverse=True)


def _officer(name: str | None) -> str | None:
    """Who did it; the house itself where a rule did."""
    return translate("By rule") if name == "rule" else name


def _step(
    at: datetime | None, title: str, icon: str, tone: str | None = None, *, by: str | None = None, **facts: object
) -> dict[str, Any] | None:
    """One step of a timeline; None where it did not happen."""
    return {"at": at, "title": translate(title, **facts), "icon": icon, "tone": tone, "by": by} if at else None


def severity_word(severity: str) -> str:
    """Critical, major ..."""
    return translate(SEVERITIES[severity])
