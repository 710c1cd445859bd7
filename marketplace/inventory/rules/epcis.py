"""The life of goods in the words of EPCIS 2.0 and GS1's Core Business Vocabulary 2.0: what happened, when, where and why, for a partner's own system.

Only what happens to goods is an event there; plans, consents and what the house does for itself are not. Goods are named by their GS1 Digital Link, a class
(a batch) by its quantity, an item by its serial. Each event carries its place and hash in our chain, so that it can be held against the record.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from marketplace.business_days import SHANGHAI

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """How a kind of fact is told. `quantity`: the fact that says how much; `serials`: the fact that names items; `turns`: goods became other goods."""

    business: str | None
    disposition: str | None = None
    quantity: str | None = None
    serials: str | None = None
    action: str = "OBSERVE"
    turns: str | None = None


STEPS: dict[str, Step] = {
    "LotDeclared": Step("commissioning", "active", "quantity", action="ADD"),
    "LotReceived": Step("receiving", "in_progress", "net"),
    "LotWeighed": Step("receiving", "in_progress", "net"),
    "ItemReceived": Step("receiving", "in_progress", serials="serial"),
    "LotInspected": Step("inspecting", None, "counted"),
    "LotVerified": Step("accepting", "conformant", "verified"),
    "LotRejected": Step("inspecting", "non_conformant"),
    "LotReserved": Step("reserving", "reserved"),
    "LotUnreserved": Step("storing", "available"),
    "LotPledged": Step("holding", "reserved"),
    "LotReleased": Step("storing", "available"),
    "LotEnforced": Step("holding", "sellable_not_accessible"),
    "LotSold": Step(None, "retail_sold"),
    "LotFrozen": Step("holding", "unavailable"),
    "LotUnfrozen": Step("storing"),
    "LotDeparted": Step("departing", "in_transit", "departed"),
    "ItemsLeft": Step("departing", "in_transit", serials="serials"),
    "ItemsMissed": Step("stock_taking", "mismatch_instance", serials="serials"),
    "QuantityShrunk": Step("stock_taking", "mismatch_quantity", "after"),
    "QuantityFound": Step("stock_taking", "available", "after"),
    "LossReported": Step("inspecting", "unavailable"),
    "LotMended": Step("inspecting", "available"),
    "LotReturned": Step("receiving", "returned", "returned"),
    "LotSplit": Step("repackaging", None, "quantity", turns="input"),
    "LotMerged": Step("creating_class_instance", None, "quantity", turns="input"),
    "LotTransformed": Step("creating_class_instance", None, "quantity", turns="input"),
    "LotMade": Step("commissioning", "active", "quantity", turns="output"),
}


@dataclass(frozen=True, slots=True)
class Goods:
    """What the events are about: the lot's link, the links of its items by serial, and where it lies, all URIs. `ours`: the namespace of the house's own words."""

    link: str
    items: Mapping[str, str]
    place: str
    ours: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as the record holds it. `facts`: as JSON."""

    id: UUID
    kind: str
    at: datetime
    facts: Told
    sequence: int
    hash: str


def document(goods: Goods, events: Iterable[Recorded], at: datetime) -> Told:
    """An EPCIS document of all that happened to the goods, in the order of the record."""
    told = [_event(goods, one, STEPS[one.kind]) for one in events if one.kind in STEPS]
    return {
        "@context": [CONTEXT, {"house": goods.ours}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": _moment(at),
        "epcisBody": {"eventList": told},
    }


def _event(goods: Goods, event: Recorded, step: Step) -> Told:
    why = {"bizStep": step.business, "disposition": step.disposition}
    return {
        "type": "TransformationEvent" if step.turns else "ObjectEvent",
        "eventID": f"urn:uuid:{event.id}",
        "eventTime": _moment(event.at),
        "eventTimeZoneOffset": _offset(event.at),
        **_what(goods, event, step),
        **{name: value for name, value in why.items() if value},
        "readPoint": {"id": goods.place},
        **({} if step.business == "departing" else {"bizLocation": {"id": goods.place}}),
        "house:event": event.kind,
        "house:sequence": event.sequence,
        "house:hash": event.hash,
    }


def _what(goods: Goods, event: Recorded, step: Step) -> Told:
    facts = event.facts
    if step.serials:
        named = facts[step.serials]
        serials = [named] if isinstance(named, str) else named
        return {"action": step.action, "epcList": [goods.items[one] for one in serials if one in goods.items]}
    listed = [{"epcClass": goods.link} | (_amount(facts[step.quantity]) if step.quantity else {})]
    if step.turns:
        return {"transformationID": f"urn:uuid:{facts['conversion_id']}", f"{step.turns}QuantityList": listed}
    return {"action": step.action, "quantityList": listed}


def _amount(quantity: Told) -> Told:
    """EPCIS has numbers, to which our three places are exact below a million million; a count of pieces has no unit there."""
    amount = Decimal(quantity["amount"])
    number = int(amount) if amount == amount.to_integral_value() else float(amount)
    return {"quantity": number} | ({} if quantity["unit"] == "H87" else {"uom": quantity["unit"]})


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _offset(at: datetime) -> str:
    written = at.astimezone(SHANGHAI).strftime("%z")
    return f"{written[:3]}:{written[3:]}"
