"""The goods that lie in a hall, as the rules ask for them: a device that hangs there is judged by what they ask for, and what is done with them explains what it sees.

Looked up by event time and only for devices that hang in a hall; all others cost nothing more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import Range

from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, BinStay
from marketplace.supervision.alarms.concerning import kept_lots
from marketplace.supervision.models.devices import Attachment
from marketplace.supervision.rules.settings import Setting
from marketplace.supervision.watching.books import Goods
from tenants.workspace import Workspace

# What follows from people who come to work on goods, whichever in the hall they work on. Smoke and water are explained by a window for the site alone.
PASSAGE = frozenset({"door_open", "door_left_open", "door_often", "intrusion", "image_change"})
# Where the goods themselves ask for limits, the hall is held to the strictest of them.
STRICTEST = frozenset({"temperature", "humidity"})


@dataclass(frozen=True, slots=True)
class Guest:
    """Goods that lay under a device, from when to when; half-open."""

    goods: Goods
    since: datetime
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        """Whether they lay there then."""
        return self.since <= at and (self.until is None or at < self.until)


def guests_of(ws: Workspace, device_ids: Iterable[UUID], span: Range[datetime]) -> dict[UUID, list[Guest]]:
    """By device of the firm's that hung in a hall the goods that lay there at some moment of that time, as far as the firm keeps or supervises them."""
    both = BinStay.during.op("*")(Attachment.during)
    wanted = (
        select(Attachment.device_id, Lot.id, Lot.unit, Lot.hs_code, func.lower(both), func.upper(both))
        .join(Bin, Bin.site_id == Attachment.site_id)
        .join(BinStay, (BinStay.tenant_id == Bin.tenant_id) & (BinStay.bin_id == Bin.id))
        .join(Lot, Lot.id == BinStay.lot_id)
        .where(
            Attachment.tenant_id == ws.tenant_id, Attachment.device_id.in_(list(device_ids)), Attachment.is_of_hall()
        )
        .where(or_(Attachment.zone_id.is_(None), Attachment.zone_id == Bin.zone_id))
        .where(Attachment.during.overlaps(span), BinStay.during.overlaps(span))
        .where(BinStay.during.overlaps(Attachment.during), BinStay.lot_id.in_(kept_lots(ws)))
    )
    found: dict[UUID, list[Guest]] = {}
    for device_id, lot_id, unit, hs_code, since, until in ws.session.execute(wanted):
        found.setdefault(device_id, []).append(Guest(Goods(lot_id, unit, hs_code), since, until))
    return found


def strictest(settings: Sequence[Setting]) -> Setting:
    """The limits that satisfy all of these: a hall in which goods of 25 °C at most lie beside goods of 40 °C is held to 25 °C."""
    wanted = [one for one in settings if one.is_on] or list(settings)
    lows, highs = ([getattr(one, name) for one in wanted if getattr(one, name) is not None] for name in ("low", "high"))
    soonest = min(wanted, key=lambda one: one.rule.raising.lasting or timedelta(0))
    return replace(soonest, low=max(lows, default=None), high=min(highs, default=None))
