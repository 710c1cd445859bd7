"""What templates of goods are given beside the rows themselves: names of firms, steps, who may do what now."""

from collections.abc import Sequence
from typing import Any

from frontend.language import translate, unit
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import GONE
from marketplace.inventory.rules.items import SERIALISED
from marketplace.inventory.rules.lots import CONVERTIBLE, LotState, lifts_freeze
from marketplace.quantity import UNITS, Quantity, unit_of
from tenants.workspace import Workspace

STATES = [state for state in LotState if state not in (LotState.LOST, LotState.DAMAGED)]
WAY = [("Declared", "declared_at"), ("Weighed in", "received_at"), ("Verified", "verified_at")]


def units_like(code: str) -> list[tuple[str, str]]:
    """Units in which the same goods may be typed, the product's own first."""
    own = unit_of(code)
    others = [one.code for one in UNITS.values() if one.dimension == own.dimension and one.code != code]
    return [(one, unit(one)) for one in (code, *others)]


def figures_of(lot: Lot) -> dict[str, Quantity | None]:
    """All quantities of a lot with their unit."""
    parts = ("reserved_qty", "pledged_qty", "free_qty", "short_qty", "departed_qty")
    figures: dict[str, Quantity | None] = {
        name.removesuffix("_qty"): Quantity(getattr(lot, name), lot.unit) for name in parts
    }
    figures["share_left"] = None if lot.share_left is None else Quantity(lot.share_left, lot.unit)
    return figures | {"documented": lot.documented, "weighed": lot.weighed, "verified": lot.verified}


def way_of(lot: Lot) -> list[dict[str, Any]]:
    """The lot's way as the stepper shows it: in, verified, and how it stands now or went."""
    steps, open_step = [], True
    ended = lot.standing in (LotState.EXPIRED, LotState.REJECTED)
    for label, column in WAY:
        at = getattr(lot, column)
        status = "done" if at else ("failed" if ended and open_step else "now" if open_step else "next")
        open_step = open_step and at is not None
        steps.append({"label": translate(label), "status": status, "at": at})
    later = {
        LotState.RESERVED: "Reserved",
        LotState.PLEDGED: "Pledged",
        LotState.IN_DISPOSAL: "In disposal",
        LotState.SOLD: "Sold",
        LotState.LOST: "Lost",
        LotState.DAMAGED: "Damaged",
        LotState.SPLIT: "Split up",
        LotState.MERGED: "Merged",
        LotState.TRANSFORMED: "Transformed",
    }
    standing = LotState(lot.standing)
    if standing in later:
        failed = standing in (LotState.LOST, LotState.DAMAGED)
        steps.append({"label": translate(later[standing]), "status": "failed" if failed else "now", "at": None})
    gone = standing == LotState.DEPARTED
    steps.append({"label": translate("Departed"), "status": "done" if gone else "next", "at": lot.departed_at})
    return steps


def may(ws: Workspace, lot: Lot) -> dict[str, bool]:
    """Which steps this viewer's firm may take on the lot now; what a button is shown for."""
    at_home, watched = lot.warehouse_id == ws.tenant_id, lot.supervisor_id == ws.tenant_id
    state = LotState(lot.status)
    lifting = lifts_freeze(lot.frozen_by, warehouse_id=lot.warehouse_id, supervisor_id=lot.supervisor_id)
    movable = state in (LotState.VERIFIED, LotState.RESERVED, LotState.PLEDGED, LotState.SOLD) and lot.free_qty > 0
    held = state in (LotState.RECEIVED, LotState.VERIFIED, LotState.RESERVED, LotState.PLEDGED, LotState.IN_DISPOSAL)
    return {
        "receive": at_home and state == LotState.DECLARED and lot.tracking == "LOT" and ws.can("receive_lot"),
        "receive_items": at_home
        and lot.tracking == SERIALISED
        and state in (LotState.DECLARED, LotState.RECEIVED)
        and ws.can("receive_lot"),
        "list_items": lot.tenant_id == ws.tenant_id
        and state == LotState.DECLARED
        and lot.tracking == "LOT"
        and lot.conversion_id is None
        and ws.can("declare_lot"),
        "miss": watched and lot.tracking == SERIALISED and ws.can("report_loss"),
        "weigh": at_home and state == LotState.RECEIVED and lot.tracking == "LOT" and ws.can("receive_lot"),
        "inspect": watched and state == LotState.RECEIVED and ws.can("inspect_lot"),
        "freeze": held and lot.tenant_id != ws.tenant_id and ws.can("freeze_lot"),
        "unfreeze": lifting == ws.tenant_id and ws.can("freeze_lot"),
        "assay": watched and lot.verified_at is not None and lot.standing not in GONE and ws.can("inspect_lot"),
        "write_off": watched and lot.verified_qty is not None and lot.verified_qty > 0 and ws.can("inspect_lot"),
        "name_bin": at_home
        and lot.bin_id is None
        and lot.bulk_id is None
        and lot.received_at is not None
        and lot.standing not in GONE
        and ws.can("receive_lot"),
        "mend": watched and state == LotState.DAMAGED and ws.can("inspect_lot"),
        "let_out": at_home and movable and ws.can("execute_release"),
        "finance": lot.tenant_id == ws.tenant_id
        and lot.free_qty > 0
        and not lot.is_frozen
        and ws.can("request_financing"),
        "convert": lot.tenant_id == ws.tenant_id and state in CONVERTIBLE and ws.can("convert_lot"),
        "receipt": at_home and state in CONVERTIBLE and ws.can("issue_receipt"),
        "report_shortage": (at_home or watched)
        and lot.verified_qty is not None
        and lot.shortage_id is None
        and lot.tracking != SERIALISED
        and state not in GONE
        and ws.can("report_shortage"),
        "label": state != LotState.EXPIRED,
    }


def parts_of(lot: Lot) -> list[dict[str, Any]]:
    """The verified quantity in its parts, as shares of the larger of verified and held, for a bar."""
    whole = max(lot.verified_qty or 0, lot.held_qty)
    if not whole:
        return []
    figures = figures_of(lot)
    named: Sequence[tuple[str, str, str]] = (
        ("pledged", "Pledged", "accent"), ("reserved", "Reserved", "info"), ("free", "Free", "ok"),
    )  # fmt: skip
    rows, start = [], 0.0
    for key, label, tone in named:
        part = figures[key]
        assert part is not None
        share = float(part.amount / whole) * 100
        if share > 0:
            rows.append({"label": translate(label), "quantity": part, "tone": tone, "x": start, "width": share})
            start += share
    return rows
