"""A message that fills a gap has to fit between its neighbours: a cut in a device's history shows whatever order the messages come in."""

from collections.abc import Sequence

from sqlalchemy import select, tuple_

from marketplace.supervision.models.devices import Device
from marketplace.supervision.models.readings import BatchPlace
from marketplace.supervision.readings.ports import Continuity, SignedBatch
from marketplace.supervision.watching.listening import TAMPER_SAYS, raise_of_device
from tenants.workspace import Workspace


def check_links(ws: Workspace, device: Device, late: Sequence[SignedBatch]) -> None:
    """Raise the tamper alarm for each of these stored batches that names another predecessor than the one we hold, or whose successor does."""
    if not late:
        return
    beside = {(one.boot, one.sequence + step) for one in late for step in (-1, 0, 1)}
    places = ws.session.scalars(
        select(BatchPlace).where(
            BatchPlace.tenant_id == ws.tenant_id,
            BatchPlace.device_id == device.id,
            tuple_(BatchPlace.boot, BatchPlace.sequence).in_(beside),
        )
    )
    held = {(one.boot, one.sequence): one for one in places}
    for one in late:
        pairs = [(held.get((one.boot, at - 1)), held.get((one.boot, at))) for at in (one.sequence, one.sequence + 1)]
        if any(before and after and after.previous != before.digest for before, after in pairs):
            says = TAMPER_SAYS[Continuity.BROKEN]
            raise_of_device(ws, device, "tamper", "CRITICAL", says, evidence=[one.digest.hex()])
