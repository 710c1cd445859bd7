"""Readings to take away: as a table for people, with their proof for whoever trusts nobody, and the program that checks it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Response

from frontend.spreadsheets import Table, offer_tables
from frontend.supervision.blueprint import pages
from frontend.supervision.showing import hours_asked
from marketplace.inventory.queries import find_lot
from marketplace.supervision import queries
from marketplace.supervision.seals import check_readings
from marketplace.supervision.seals.file import COLUMNS, Asked, lines_of_readings, record_of_readings
from tenants.workspace import Workspace


def readings_of_lot(ws: Workspace, lot_id: UUID) -> Table:
    return _table(ws, _of_lot(ws, lot_id))


def readings_of_device(ws: Workspace, device_id: UUID) -> Table:
    return _table(ws, _of_device(ws, device_id))


for rule, told in (("lots/<uuid:lot_id>", readings_of_lot), ("devices/<uuid:device_id>", readings_of_device)):
    offer_tables(pages, f"/{rule}/readings", told)


@pages.look("/lots/<uuid:lot_id>/readings.json")
def prove_readings_of_lot(ws: Workspace, lot_id: UUID) -> Any:
    return _proven(ws, _of_lot(ws, lot_id))


@pages.look("/devices/<uuid:device_id>/readings.json")
def prove_readings_of_device(ws: Workspace, device_id: UUID) -> Any:
    return _proven(ws, _of_device(ws, device_id))


@pages.look("/readings/check_readings.py", visitors=True)
def download_checker(_ws: Workspace) -> Any:
    """The program as it stands in the house's own sources: one file, nothing to install."""
    source = Path(str(check_readings.__file__)).read_text()
    return _file(source, "check_readings.py", "text/x-python")


def _of_lot(ws: Workspace, lot_id: UUID) -> Asked:
    return Asked("lot", lot_id, find_lot(ws, lot_id).number, *_span(ws))


def _of_device(ws: Workspace, device_id: UUID) -> Asked:
    return Asked("device", device_id, queries.watched_device(ws, device_id).device.name, *_span(ws))


def _span(ws: Workspace) -> tuple[Any, Any]:
    """The hours that the page shows, the present moment included."""
    return ws.now - timedelta(hours=hours_asked()), ws.now + timedelta(microseconds=1)


def _table(ws: Workspace, asked: Asked) -> Table:
    return Table(f"readings-{str(asked.id)[-8:]}", COLUMNS, lines_of_readings(ws, asked))


def _proven(ws: Workspace, asked: Asked) -> Response:
    told = json.dumps(record_of_readings(ws, asked), ensure_ascii=False, separators=(",", ":"))
    return _file(told, f"readings-{str(asked.id)[-8:]}.json", "application/json")


def _file(content: str, name: str, kind: str) -> Response:
    return Response(content, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
