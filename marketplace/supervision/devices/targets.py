"""Where a device may be put to watch: a lot, a bin, a zone or a whole site that its firm keeps or supervises."""

from dataclasses import astuple, dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, Site, Zone
from marketplace.inventory.places.queries import find_site
from marketplace.supervision.models.devices import Device
from tenants import rooms
from tenants.errors import Invalid, NotAllowed, NotFound
from tenants.workspace import Workspace

KEEPERS = frozenset({"supervisor", "warehouse"})
# What these say is of the whole room in which they hang.
IN_HALLS = frozenset({"door", "climate", "camera", "smoke", "water", "gateway"})


@dataclass(frozen=True, slots=True)
class Target:
    """Where a device is to watch: exactly one of these."""

    lot_id: UUID | None
    bin_id: UUID | None
    zone_id: UUID | None
    site_id: UUID | None


def place_for(ws: Workspace, device: Device, target: Target) -> tuple[UUID, UUID | None, str]:
    """Site, stream to tell it on, and name of the place; refuses what the firm neither keeps nor supervises."""
    if sum(one is not None for one in astuple(target)) != 1:
        raise Invalid("place_missing", "Choose one place: a lot, a bin, a zone or a whole site.", field="lot_id")
    if target.lot_id:
        lot = ws.session.scalars(select(Lot).where(Lot.id == target.lot_id)).one_or_none()
        if lot is None:
            raise NotFound("lot_unknown", "There is no such lot.")
        _refuse_strangers(rooms.my_roles(ws, lot.id), "lot_id")
        return lot.site_id, lot.id, lot.number
    found, field = _part_of_site(ws, target)
    if (target.zone_id or target.site_id) and device.kind not in IN_HALLS:
        raise Invalid(
            "not_for_halls", "What this device says is of single goods: attach it to a lot or a bin.", field=field
        )
    site_id = found.id if isinstance(found, Site) else found.site_id
    if found.tenant_id != ws.tenant_id and not _supervises_at(ws, site_id):
        raise NotAllowed(
            "not_your_goods", "Only who keeps or supervises the goods may put a device there.", field=field
        )
    return site_id, None, found.name if isinstance(found, Site) else found.code


def _part_of_site(ws: Workspace, target: Target) -> tuple[Bin | Zone | Site, str]:
    """The bin, zone or site that was meant, and the field that named it."""
    if target.bin_id:
        place = ws.session.scalars(select(Bin).where(Bin.id == target.bin_id)).one_or_none()
        if place is None:
            raise NotFound("bin_unknown", "There is no such bin.")
        return place, "bin_id"
    if target.zone_id:
        zone = ws.session.scalars(select(Zone).where(Zone.id == target.zone_id)).one_or_none()
        if zone is None:
            raise NotFound("zone_unknown", "There is no such zone.", field="zone_id")
        return zone, "zone_id"
    assert target.site_id, "one of the four is given"
    return find_site(ws, target.site_id), "site_id"


def _refuse_strangers(mine: frozenset[str], field: str) -> None:
    if "owner" in mine:
        raise NotAllowed("pledgor_enrols_nothing", "The owner of the goods may not choose what watches them.")
    if not mine & KEEPERS:
        raise NotAllowed(
            "not_your_goods", "Only who keeps or supervises the goods may put a device there.", field=field
        )


def _supervises_at(ws: Workspace, site_id: UUID) -> bool:
    mine = rooms.granted(ws, Lot.id, Lot.id, kind="lot", roles={"supervisor"})
    return ws.session.scalars(mine.where(Lot.site_id == site_id).limit(1)).first() is not None
