"""How far from its site a position lies: latitude and longitude are two series of one message, and a fence judges them together."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from marketplace.supervision.rules.devices import Position, metres_between
from marketplace.supervision.watching.lenses import Row


def distances(rows: Sequence[Row], middles: Mapping[UUID, Position]) -> Iterator[Row]:
    """For each pair of coordinate series of a subject whose site lies somewhere known, the metres between the two as a series of its own."""
    norths = {(row["subject_id"], row["channel"]): row for row in rows if row["metric"] == "latitude"}
    for east in rows:
        north = norths.get((east["subject_id"], east["channel"])) if east["metric"] == "longitude" else None
        middle = middles.get(east["subject_id"])
        if (
            north
            and middle
            and (north["first_at"], list(north["offsets"])) == (east["first_at"], list(east["offsets"]))
        ):
            yield _distance(north, east, middle)


def _distance(north: Row, east: Row, middle: Position) -> Row:
    pairs = zip(north["values"], east["values"], strict=True)
    metres = [_metres(latitude, longitude, middle) for latitude, longitude in pairs]
    return north | {"metric": "distance", "values": metres, "least": min(metres), "greatest": max(metres)}


def _metres(latitude: Decimal, longitude: Decimal, middle: Position) -> Decimal:
    """A place that is none on earth is as far as can be: what is not believed is never fine."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return Decimal(20_000_000)
    return Decimal(round(metres_between(Position(float(latitude), float(longitude)), middle)))
