"""Pledges for tests: the parties, a deal's room, and goods pledged in it on each step."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.inventory.models import Lot
from marketplace.pledges import actions
from marketplace.pledges.models import Pledge, ReleaseOrder
from marketplace.pledges.queries import pledges_of_deal, release_orders
from marketplace.quantity import Quantity
from tenants import approvals, rooms
from tenants.database import new_id
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_verified_lot


@dataclass
class Parties:
    """Who takes part in a loan on goods."""

    world: World
    sme: Firm
    bank: Firm
    warehouse: Firm
    supervisor: Firm

    def a_lot(self, amount: str = "100.000", **options: Any) -> Lot:
        """A verified lot of the firm in the warehouse."""
        return a_verified_lot(self.world, self.sme, self.warehouse, self.supervisor, amount=amount, **options)


def the_parties(world: World) -> Parties:
    """A firm, a bank, a warehouse and a supervisor."""
    kinds = ("SME", "BANK", "WAREHOUSE_OPERATOR", "SUPERVISOR")
    return Parties(world, *(world.firm(kind) for kind in kinds))


def a_deal_room(parties: Parties, bank: Firm | None = None) -> UUID:
    """The room of a deal, as financing founds it: the firm as borrower, the bank let in."""
    deal_id = new_id()
    with parties.sme.operator.ws() as ws:
        rooms.found(ws, deal_id, kind="deal", role="borrower")
        rooms.share(ws, deal_id, to=(bank or parties.bank).tenant_id, role="bank", onward=True)
    return deal_id


def an_offered_pledge(
    parties: Parties, lot: Lot, amount: str, *, deal_id: UUID | None = None, bank: Firm | None = None
) -> tuple[UUID, list[Pledge]]:
    """So much of a lot offered under a deal (a new one unless given)."""
    deal_id = deal_id or a_deal_room(parties, bank)
    with parties.sme.operator.ws() as ws:
        goods = [(lot.id, Quantity.of(amount, lot.unit))]
        return deal_id, actions.offer_pledge(ws, deal_id=deal_id, bank_id=(bank or parties.bank).tenant_id, goods=goods)


def activate(parties: Parties, deal_id: UUID, bank: Firm | None = None) -> list[Pledge]:
    """Control confirmed by the supervisor and accepted by two people of the bank."""
    bank = bank or parties.bank
    with parties.supervisor.operator.ws() as ws:
        actions.confirm_control(ws, deal_id, statement="Bin locked, keys with us, seals 118 to 131 set.")
    with bank.operator.ws() as ws:
        proposal = actions.propose_control(ws, deal_id)
    with bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
        return pledges_of_deal(ws, deal_id)


def an_active_pledge(parties: Parties, lot: Lot, amount: str, *, bank: Firm | None = None) -> tuple[UUID, list[Pledge]]:
    """So much of a lot pledged and in force."""
    deal_id, _ = an_offered_pledge(parties, lot, amount, bank=bank)
    return deal_id, activate(parties, deal_id, bank)


def a_release_order(parties: Parties, deal_id: UUID, lot: Lot, amount: str) -> ReleaseOrder:
    """An order of the bank, approved, to let so much of the lot go."""
    with parties.bank.operator.ws() as ws:
        quantity = Quantity.of(amount, lot.unit)
        proposal = actions.order_release(ws, deal_id, lot_id=lot.id, quantity=quantity, because="repaid in part")
    with parties.bank.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
        return release_orders(ws, deal_id=deal_id, lot_id=lot.id)[0]
