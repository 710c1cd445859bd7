"""What goods weigh by the book, from when on: read from their own events, each at its own time."""

import json
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory.models import Lot
from marketplace.quantity import UNITS, Quantity
from tenants.database import among
from tenants.events import Event
from tenants.workspace import Workspace

KILOGRAM = "KGM"
# What is physically there, by the book, from a fact on: its field, what of the weight before it keeps, and the sign. Verification is no such fact:
# it takes the least of documents and scale, and the scale under the goods goes on showing all of them.
BOOK_FACTS = {
    "LotReceived": ("net", 0, 1),
    "LotWeighed": ("net", 1, 1),
    "LotDeparted": ("departed", 1, -1),
    "LotReturned": ("returned", 1, 1),
    "QuantityShrunk": ("after", 0, 1),
    "QuantityFound": ("after", 0, 1),
}
ENTRIES = (
    select(Event.stream_id, Event.kind, Event.at, Event.facts)
    .where(among(Event.stream_id, "lots"), Event.kind.in_(BOOK_FACTS))
    .order_by(Event.stream_id, Event.sequence)
)


class Goods(NamedTuple):
    """What must be known of a lot to judge what is read of it."""

    id: UUID
    unit: str
    hs_code: str


def book_weights(ws: Workspace, lots: Iterable[Lot | Goods]) -> dict[UUID, list[tuple[datetime, Fraction]]]:
    """For each lot booked by mass, what it weighs in kilograms from when on: read from its own events, oldest first."""
    massive = {lot.id for lot in lots if UNITS[lot.unit].dimension == "mass"}
    found: dict[UUID, list[tuple[datetime, Fraction]]] = {lot_id: [] for lot_id in massive}
    for event in ws.session.execute(ENTRIES, {"lots": [*massive]}) if massive else ():
        name, keeps, sign = BOOK_FACTS[event.kind]
        fact, entries = json.loads(event.facts)[name], found[event.stream_id]
        weight = Quantity.of(fact["amount"], fact["unit"]).exact_in(KILOGRAM)
        before = entries[-1][1] if entries else Fraction(0)
        entries.append((event.at, max(Fraction(0), keeps * before + sign * weight)))
    return found
