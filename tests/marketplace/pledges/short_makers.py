"""A site full of goods of one kind that belong to several firms, and fewer of them than the papers say."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Lot
from marketplace.inventory.places.models import Bin, Site
from marketplace.inventory.queries import find_lot
from marketplace.pledges import actions
from marketplace.pledges.shortages.models import Shortage, ShortageLine
from marketplace.pledges.shortages.queries import find_shortage, lines_of
from marketplace.quantity import Quantity
from tenants import approvals
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_declared_lot, a_product, a_site
from tests.marketplace.pledges.makers import Parties, an_active_pledge

COUNT = "stock count of 2026-11-28, sheet 1 to 14"


@dataclass
class Mass:
    """One warehouse's site under one supervisor (unless told), where firms keep goods that nobody can tell apart."""

    world: World
    warehouse: Firm
    supervisor: Firm
    site: Site
    bins: list[Bin] = field(default_factory=list)

    def lot(self, owner: Firm, amount: str, *, supervisor: Firm | None = None, name: str = "Aluminium ingot") -> Lot:
        """A verified lot of a firm in the next bin."""
        return self.verify(self.received(owner, amount, supervisor=supervisor, name=name), amount, supervisor)

    def received(self, owner: Firm, amount: str, *, supervisor: Firm | None = None, name: str = "Aluminium ingot") -> Lot:  # fmt: skip
        """The same as it came in: weighed, and verified by nobody."""
        watching = supervisor or self.supervisor
        product = a_product(self.world, owner, name=name)
        lot = a_declared_lot(
            self.world, owner, self.warehouse, watching, amount=amount, product=product, site=self.site
        )
        net, tare = Quantity.of(amount, lot.unit), Quantity.of("15", lot.unit)
        with self.warehouse.operator.ws() as ws:
            inventory.receive_lot(ws, lot.id, gross=net + tare, tare=tare, bin_id=self.bins.pop().id)
        return lot

    def verify(self, lot: Lot, amount: str, supervisor: Firm | None = None) -> Lot:
        """Its supervisor counted all of it."""
        watching = supervisor or self.supervisor
        with watching.operator.ws() as ws:
            proposal = inventory.inspect_lot(ws, lot.id, counted=Quantity.of(amount, lot.unit), passed=True)
        with watching.approver.ws() as ws:
            approvals.decide(ws, proposal.id, approve=True)
            return find_lot(ws, lot.id)

    def pledged(self, owner: Firm, bank: Firm, lot: Lot, amount: str) -> UUID:
        """So much of the lot in force for a bank; its deal."""
        parties = Parties(self.world, owner, bank, self.warehouse, self.supervisor)
        return an_active_pledge(parties, lot, amount)[0]

    def seen(self, firm: Firm, lot: Lot) -> Lot:
        """The lot as a firm sees it now."""
        with firm.operator.ws(read_only=True) as ws:
            return find_lot(ws, lot.id)

    def leave(self, lot: Lot, amount: str) -> None:
        """Lorries take free goods out."""
        with self.warehouse.operator.ws() as ws:
            inventory.mark_departed(ws, lot.id, quantity=Quantity.of(amount, lot.unit))

    def report(self, lot: Lot, found: str, *, by: Firm | None = None, **other: Any) -> Shortage:
        """One person reports that so much was found."""
        given = {"because": "Counted twice.", "evidence": [COUNT]} | other
        with (by or self.supervisor).operator.ws() as ws:
            shortage = actions.open_shortage(ws, lot.id, found=Quantity.of(found, lot.unit), **given)
        self.world.work()
        return shortage

    def lines(self, firm: Firm, shortage_id: UUID) -> list[ShortageLine]:
        """What of the table a firm sees."""
        with firm.operator.ws(read_only=True) as ws:
            return lines_of(ws, shortage_id)

    def now(self, firm: Firm, shortage_id: UUID) -> Shortage:
        """The shortage as a firm sees it."""
        with firm.operator.ws(read_only=True) as ws:
            return find_shortage(ws, shortage_id)

    def confirm(self, shortage_id: UUID) -> None:
        """Two people of the supervisor confirm the table once the time for objections is over."""
        self.world.set_clock(self.now(self.supervisor, shortage_id).objections_until)
        with self.supervisor.operator.ws() as ws:
            proposal = actions.propose_confirmation(ws, shortage_id)
        with self.supervisor.approver.ws() as ws:
            approvals.decide(ws, proposal.id, approve=True)
        self.world.work()


def a_mass(world: World, *, bins: int = 8) -> Mass:
    """The site, empty yet."""
    warehouse, supervisor = world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR")
    site, places = a_site(world, warehouse, name=f"Foshan {uuid4().hex[:4]}", bins=bins)
    return Mass(world, warehouse, supervisor, site, places)
