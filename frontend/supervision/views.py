"""The supervision room's pages, and what it offers to other rooms' pages: live readings and alarms of a lot, lines for home."""

from frontend import home
from frontend.language import translate
from frontend.supervision.alarm_words import alarm_reason, alarm_title, all_at_stake, at_stake, severity_word, type_word
from frontend.supervision.blueprint import pages
from frontend.supervision.showing import climate_words, kind_word, lot_alarms, lot_watch
from marketplace.supervision.alarms.contests import waiting_contests
from marketplace.supervision.queries import count_open, list_alarms, list_devices
from tenants.workspace import Workspace

for offered in (
    lot_watch,
    lot_alarms,
    alarm_title,
    alarm_reason,
    at_stake,
    all_at_stake,
    climate_words,
    severity_word,
    kind_word,
    type_word,
):
    pages.add_app_template_global(offered)


@home.needs
def alarms_to_see_to(ws: Workspace) -> list[home.Need]:
    """What nobody has taken note of, and what is not explained yet."""
    if not (ws.can("acknowledge_alarm") or ws.can("comment_alarm")):
        return []
    counts = count_open(ws)
    contested = waiting_contests(ws) if ws.can("close_alarm") else []
    fresh = list_alarms(ws, state="unacknowledged")
    critical = counts.get("CRITICAL", 0)
    return [
        home.Need(
            translate("Critical alarms without a disposition"),
            "/alarms?severity=CRITICAL",
            critical,
            "danger",
            icon="alarm",
        ),
        home.Need(
            translate("Alarms that nobody has acknowledged"),
            "/alarms?state=unacknowledged",
            len(fresh),
            "watch",
            icon="bell",
        ),
        home.Need(
            translate("Contested alarms wait for your answer"),
            f"/alarms/{contested[0].alarm_id}" if contested else "/alarms",
            len(contested),
            "watch",
            icon="message",
            until=contested[0].answer_by if contested else None,
        ),
    ]


@home.needs
def devices_to_see_to(ws: Workspace) -> list[home.Need]:
    """Devices that fell silent, or whose battery is low."""
    if not ws.can("enrol_device"):
        return []
    standings = [row.standing(ws.now) for row in list_devices(ws)]
    return [
        home.Need(
            translate("Devices are silent"),
            "/devices?state=SILENT",
            standings.count("SILENT"),
            "danger",
            icon="wifi-off",
        ),
        home.Need(
            translate("Devices need a new battery"),
            "/devices?state=LOW_BATTERY",
            standings.count("LOW_BATTERY"),
            "watch",
            icon="battery",
        ),
    ]
