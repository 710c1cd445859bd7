"""The lot passport (批次护照): what the market may know of goods, put together by the seller from what it may see itself.

Identity, inspections, and the climate that devices recorded. It names no owner, no deal, no value and no person; only fields listed here can be in it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marketplace.catalogue.rules.passports import Climate, climate_of
from marketplace.inventory.conversions.descent import family_of, inspections_behind
from marketplace.inventory.models import Lot
from marketplace.inventory.places.queries import find_site
from marketplace.inventory.queries import find_lot, identity_of, weighings_of
from marketplace.reliance.queries import evidence_of
from marketplace.reliance.rules.table import Grade
from marketplace.supervision.conditions import condition_of
from marketplace.supervision.readings.charts import series
from tenants.errors import NotFound
from tenants.workspace import Workspace

WATCHED_FOR = timedelta(days=90)
METRICS = {"temperature": "Cel", "humidity": "%RH"}


def passport_of(ws: Workspace, lot_id: UUID, now: datetime) -> dict[str, Any]:
    """The passport as it is published. Of a lot that the seller cannot see there is nothing to tell but that."""
    try:
        lot = find_lot(ws, lot_id)
    except NotFound:
        return {"evidence": Grade.E.value}
    inspections = [
        {"at": one.inspected_at.isoformat(), "counted": f"{one.counted} {one.unit}"}
        for one in inspections_behind(ws, lot_id)
    ]
    climates = _climates(ws, lot, now)
    coverage = condition_of(ws, lot_id).coverage if climates else None
    return {
        "evidence": evidence_of(ws, lot).grade.value,
        "identity": _identity(ws, lot_id),
        "hs_code": lot.hs_code,
        "origin": lot.origin,
        "pieces": lot.pieces,
        "site": lot.site_name,
        "city": find_site(ws, lot.site_id).city,
        "received_at": _told(lot.received_at),
        "verified_at": _told(lot.verified_at),
        "expires_on": f"{lot.expires_on}" if lot.expires_on else None,
        "moisture": f"{lot.moisture * 100:.2f}%" if lot.moisture is not None else None,
        "documented": f"{lot.documented_qty} {lot.unit}",
        "weighed": f"{lot.weighed_qty} {lot.unit}" if lot.weighed_qty is not None else None,
        "verified": f"{lot.verified_qty} {lot.unit}" if lot.verified_qty is not None else None,
        "weighings": len(weighings_of(ws, lot_id)),
        "inspections": inspections,
        "made_of": _made_of(ws, lot_id),
        "coverage": str(coverage) if coverage is not None else None,
        "climate": {metric: _climate(climate) for metric, climate in climates.items()},
    }


def _made_of(ws: Workspace, lot_id: UUID) -> list[dict[str, Any]]:
    """The lots that this one was split, merged or transformed from, nearest first: goods and quantities, no names."""
    return [
        {
            "number": one.number,
            "product": one.product_name,
            "by": one.kind,
            "at": _told(one.at),
            "quantity": str(one.quantity or ""),
        }
        for one in reversed(family_of(ws, lot_id))
        if one.generation < 0
    ]


def _climates(ws: Workspace, lot: Lot, now: datetime) -> dict[str, Climate]:
    since = max(lot.received_at or lot.declared_at, now - WATCHED_FOR)
    found = {metric: climate_of(series(ws, lot.id, metric, since, now), unit) for metric, unit in METRICS.items()}
    return {metric: climate for metric, climate in found.items() if climate}


def _climate(climate: Climate) -> dict[str, Any]:
    return {
        "unit": climate.unit,
        "lowest": str(climate.lowest),
        "highest": str(climate.highest),
        "middle": str(climate.middle),
        "readings": climate.readings,
        "since": climate.since.isoformat(),
        "until": climate.until.isoformat(),
        "points": [[int(at.timestamp()), str(value)] for at, value in climate.points],
    }


def _identity(ws: Workspace, lot_id: UUID) -> str | None:
    try:
        return identity_of(ws, lot_id).path
    except NotFound:
        return None


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
