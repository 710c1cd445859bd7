"""Which rows are a deal's evidence: all that name the deal, and what its goods, receipts, sales, papers and trades are told by.

A table that names deal or lot is taken without being listed here, so that a new room's rows are evidence from its first day. Row security leaves in each
what the asker may see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, or_, select
from sqlalchemy.dialects.postgresql import Range

from marketplace.supervision.models.alarms import AlarmConcern
from marketplace.supervision.rules.seals import stamp
from tenants.database import Base
from tenants.policies import tables
from tenants.workspace import Workspace

ROWS_MOST = 100_000
# Column -> of which things; the first that a table has decides.
BY_COLUMN = (("deal_id", "deal"), ("room_id", "deal"), ("lot_id", "lots"))
BY_TABLE: dict[str, tuple[tuple[str, ...], str]] = {
    "lot": (("id",), "lots"),
    "lot_descent": (("child_id", "parent_id"), "lots"),
    "alarm": (("about_id",), "lots"),
    "alarm_note": (("about_id",), "lots"),
    "expected_work": (("about_id",), "lots"),
    "frame": (("subject_id",), "lots"),
    "receipt_request": (("receipt_id",), "receipts"),
    "rank_consent": (("first_deal_id", "second_deal_id"), "deal"),
    "auction": (("auction_id",), "auctions"),
    "settlement": (("auction_id",), "auctions"),
    "sale_charges": (("auction_id",), "auctions"),
    "priority_purchaser": (("auction_id",), "auctions"),
    "outage_ruling": (("auction_id",), "auctions"),
    "document": (("object_id",), "objects"),
    "document_opening": (("object_id",), "objects"),
    "document_particulars": (("object_id",), "objects"),
    "trade": (("trade_id",), "trades"),
    "trade_entry": (("trade_id",), "trades"),
}
# What is no evidence: these bundles themselves, what a challenge asks before it is answered, other banks that were asked, hints, a close's notes to the next.
LEFT = {"evidence_bundle", "stocktake_challenge", "inquiry", "inquiry_deal", "duplicate_warning", "lot_import", "quiet_loan"}  # fmt: skip
# What opens something: a receipt's page, sold goods, a sealed reserve.
WITHHELD = {"code": {"warehouse_receipt"}, "collection_code": {"settlement", "handover"}, "reserve_minor": {"disposal"}, "reserve_salt": {"disposal"}}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the evidence: in which file, by which columns, of which things."""

    table: Table
    file: str
    columns: tuple[str, ...]
    things: str

    def where(self, ids: Mapping[str, set[UUID]]) -> ColumnElement[bool]:
        """Its rows about these."""
        named = [self.table.c[name].in_(ids[self.things]) for name in self.columns]
        if self.table.name == "alarm":  # those of halls in which the goods lay are about the hall
            concern = select(AlarmConcern.alarm_id).where(AlarmConcern.lot_id.in_(ids[self.things]))
            named.append(self.table.c.id.in_(concern))
        return or_(*named)


def parts() -> list[Part]:
    """Every table of the house that is a deal's evidence, in the order of their names."""
    homes = {mapper.local_table: mapper.class_.__module__.split(".") for mapper in Base.registry.mappers}
    found = []
    for table in sorted(tables(), key=lambda one: one.name):
        (columns, things), home = _named_by(table), homes[table]
        if columns and home[0] == "marketplace" and table.name not in LEFT:
            found.append(Part(table, home[1], columns, things))
    return found


def _named_by(table: Table) -> tuple[tuple[str, ...], str]:
    if table.name in BY_TABLE:
        return BY_TABLE[table.name]
    return next((((name,), things) for name, things in BY_COLUMN if name in table.c), ((), ""))


def rows_of(ws: Workspace, part: Part, ids: Mapping[str, set[UUID]]) -> list[dict[str, Any]] | None:
    """A part's rows as plain values, in the order of their keys; None where there are more than a file should hold."""
    where = part.where(ids)
    if (ws.session.scalar(select(func.count()).select_from(part.table).where(where)) or 0) > ROWS_MOST:
        return None
    kept = [one for one in part.table.columns if part.table.name not in WITHHELD.get(one.name, ())]
    rows = ws.session.execute(select(*kept).where(where).order_by(*part.table.primary_key.columns))
    return [{name: plain(value) for name, value in row.items()} for row in rows.mappings()]


def plain(value: Any) -> Any:
    """A column's value as JSON tells it, exactly: decimals as text, ranges as PostgreSQL writes them, times as hashes cover them, lengths of time in seconds."""
    if isinstance(value, bool | int | str | float) or value is None:  # floats are only in columns of JSON
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value // timedelta(seconds=1)}.{value.microseconds:06d}"
    if isinstance(value, Range):
        low, high = ("" if one is None else plain(one) for one in (value.lower, value.upper))
        return f"{value.bounds[0]}{low},{high}{value.bounds[1]}"
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [plain(one) for one in value]
    assert isinstance(value, UUID), f"no exact text for a {type(value).__name__}"
    return str(value)
