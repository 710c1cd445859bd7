"""Events and notifications as people read them: the sentence, who did it, a sign of its room, a tone for what presses, day by day."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import groupby
from typing import Any

from flask import g

from frontend.language import ZONE, translate
from tenants import record
from tenants.events import KINDS
from tenants.notifications import Notification
from tenants.organisations import Kind

# Slice of the code -> room as the reader knows it, and its sign.
ROOMS = {
    "inventory": ("goods", "lot"), "shipments": ("goods", "truck"), "documents": ("goods", "document"),
    "supervision": ("watch", "device"), "cameras": ("watch", "camera"), "financing": ("finance", "deal"), "valuation": ("finance", "chart"),
    "pledges": ("finance", "pledge"), "guarantees": ("finance", "signature"), "disposal": ("sales", "gavel"), "catalogue": ("sales", "search"),
    "billing": ("finance", "receipt"),
}  # fmt: skip
ROOM_NAMES = {"goods": "Goods", "watch": "Devices and alarms", "finance": "Finance", "sales": "Sales"}
SIGNS = {
    "AlarmRaised": "alarm", "AlarmEscalated": "alarm", "AlarmUnanswered": "alarm", "AlarmLeftToBank": "alarm", "AlarmClosed": "alarm", "LotFrozen": "freeze", "LotReceived": "scale", "LotWeighed": "scale",
    "LotVerified": "approve", "LotInspected": "inspect", "DealApproved": "approve", "DealSigned": "signature", "OfferMade": "percent",
    "OfferAccepted": "signature", "BaseCertified": "signature", "AgreementSigned": "signature", "PaymentConfirmed": "money", "RepaymentReceived": "money", "ProceedsDistributed": "waterfall",
    "ControlConfirmed": "shield", "ReleaseOrdered": "release", "ReleaseExecuted": "release", "GateExitRecorded": "door", "AuctionWon": "trophy",
    "DepositConfirmed": "wallet", "DepositReturned": "wallet",
}  # fmt: skip
DANGER = frozenset({
    "AlarmRaised", "AlarmEscalated", "AlarmUnanswered", "AlarmLeftToBank", "LotFrozen", "LossReported", "QuantityShrunk", "GateExitRecorded", "LotRejected", "PledgesImpaired", "MarginCallOpened",
    "MarginCallExpired", "MarginCallEscalated", "MarginCallDefaulted", "DefaultDeclared", "DefaultContested", "LoanFellOverdue", "PaymentFailed", "ValuationBlocked",
    "DeliveryDisputed", "BuyerDefaulted", "EnvelopeForfeited", "DebtWrittenOff", "BaseContested", "ControlLost", "DeregistrationOverdue", "FeeInvoiceFellOverdue", "ContestOverdue",
})  # fmt: skip
WATCH = frozenset({
    "WatchBegun", "QuantityMeasured", "MarginCallDisputed", "MarginCallPartlyCured", "DefaultProposed", "PledgesEnforced", "LotEnforced", "LotExpired",
    "DisposalNoticed", "NoticeOverdue", "DeviceRevoked", "LotUnsold", "OfferExpired", "KeeperRelated", "StakeObjected", "AlarmContested", "SaleHalted", "GoodsSaleHalted",
})  # fmt: skip
OK = frozenset({
    "LotVerified", "ControlConfirmed", "PledgesActivated", "PledgesReleased", "DealApproved", "DealSigned", "ConditionsMet", "PaymentConfirmed",
    "RepaymentReceived", "MarginCallCured", "DealSettled", "DebtRecovered", "DefaultWithdrawn", "AlarmClosed", "AlarmCleared", "ShipmentDelivered", "LotHammered",
    "BalanceConfirmed", "ProceedsDistributed", "ProceedsDistributedInPart", "SaleClosed", "AuctionWon", "LotUnfrozen", "FeeInvoicePaid",
})  # fmt: skip

# The daily round of a loan, of a series and of a desk: statements and charts tell it, and it is no news for a first page.
ROUTINE = frozenset(
    {
        "DealValued",
        "InterestAccrued",
        "PricesImported",
        "FrameTaken",
        "LivenessConfirmed",
        "ShiftEnded",
        "ReadingsSealed",
        "DayClosed",
    }
)

# Who finds the page of what a deal holds: the core enterprise of a deal reads of its pledges, and finds the deal.
PLEDGE_ROOMS = frozenset({Kind.SME, Kind.BANK, Kind.SUPERVISOR, Kind.WAREHOUSE_OPERATOR})
BROWSERS = {"MicroMessenger": "WeChat", "Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS X": "macOS", "Linux": "Linux"}  # fmt: skip


def told(events: Iterable[record.Told]) -> list[dict[str, Any]]:
    """Events as the timeline macro takes them, in the reader's language."""
    return [
        {
            "at": event.at,
            "title": translate(event.says, **event.facts),
            "by": " · ".join(filter(None, (event.who, event.organisation))),
            "href": _way_to(event),
            "icon": sign_of(event.kind),
            "tone": tone_of(event.kind),
            "proof": f"/log/proofs/{event.stream_id}/{event.sequence}",
        }
        for event in events
    ]


def told_notifications(rows: Iterable[Notification]) -> list[dict[str, Any]]:
    """The same for what the firm was told; what nobody has read yet is marked."""
    return [
        {
            "id": row.id,
            "at": row.created_at,
            "title": translate(KINDS[row.kind].says, **row.facts),
            "href": row.link or None,
            "icon": sign_of(row.kind),
            "tone": tone_of(row.kind),
            "unread": row.read_at is None,
        }
        for row in rows
    ]


def by_day(rows: list[dict[str, Any]]) -> list[tuple[date, list[dict[str, Any]]]]:
    """Rows, newest first, under their days in the house's zone."""
    return [(day, list(group)) for day, group in groupby(rows, key=lambda row: _day(row["at"]))]


def news() -> list[str]:
    """The kinds of event that a first page tells."""
    return [kind for kind in KINDS if kind not in ROUTINE]


def kinds_in(room: str) -> list[str] | None:
    """The kinds of event that belong to a room; None for a room that there is not, which means all."""
    slices = {name for name, (owner, _sign) in ROOMS.items() if owner == room}
    return [name for name in KINDS if slice_of(name) in slices] if slices else None


def _way_to(event: record.Told) -> str | None:
    """Where the reader may look: a device's page is its firm's own, what a deal holds is for those who lend on it and keep it, and the list of
    bidders is for those who did not register themselves."""
    own = event.organisation == g.ws.member.organisation
    if event.link.startswith("/devices/") and not own:
        return None
    if event.link.startswith("/pledges/") and not g.ws.member.kinds & PLEDGE_ROOMS:
        return event.link.replace("/pledges/", "/deals/", 1)
    if event.link == "/handovers" and not g.ws.can("hand_over"):
        return None
    if event.kind == "BidderRegistered" and own:
        return event.link.removesuffix("/registrations")
    return event.link or None


def browser_name(agent: str | None) -> str:
    """A session's browser in two words, as its user agent gives itself away: good enough to know one's own again."""
    told_by = agent or ""
    browser = next((name for sign, name in BROWSERS.items() if sign in told_by), None)
    system = next((name for sign, name in SYSTEMS.items() if sign in told_by), None)
    if browser and system:
        return translate("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or told_by[:60] or translate("Browser")


def slice_of(kind: str) -> str:
    """Which slice records this kind of fact."""
    return KINDS[kind].__module__.split(".")[1] if kind in KINDS else ""


def sign_of(kind: str) -> str:
    """The icon of an event."""
    return SIGNS.get(kind) or ROOMS.get(slice_of(kind), ("", "dot"))[1]


def tone_of(kind: str) -> str | None:
    """What presses, what to keep an eye on, what went well; most events are none of these."""
    return "danger" if kind in DANGER else "watch" if kind in WATCH else "ok" if kind in OK else None


def _day(at: datetime) -> date:
    return at.astimezone(ZONE).date()
