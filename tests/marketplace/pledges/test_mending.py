"""Damaged goods inspected anew: what is sound stands as it would had it never been damaged, what is not is scrapped to the gram, and nobody finds goods sound alone."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal.preparing import goods_for_sale
from marketplace.financing import actions as financing
from marketplace.inventory import actions
from marketplace.inventory.models import Lot
from marketplace.inventory.queries import find_lot
from marketplace.money import Money
from marketplace.quantity import Quantity
from marketplace.valuation.queries import latest_valuation
from tenants import approvals, record
from tenants.approvals import Approval
from tenants.errors import Conflict, Invalid, NotAllowed
from tests.factories import Firm, World
from tests.marketplace.documents.makers import a_document
from tests.marketplace.financing.makers import ADeal, a_running_loan, decided
from tests.marketplace.inventory.makers import a_received_lot, a_verified_lot


def damage(supervisor: Firm, lot: Lot) -> None:
    """The supervisor reports it."""
    with supervisor.operator.ws() as ws:
        actions.report_loss(ws, lot.id, damaged=True, because="water in hall 2")


def inspected(supervisor: Firm, lot: Lot, left: str) -> Approval:
    """Proposed by one inspector, with a photo."""
    photo = a_document(supervisor.operator, lot.id)
    with supervisor.operator.ws() as ws:
        return actions.propose_mending(ws, lot.id, left=Quantity.of(left, "TNE"), because="Dried, sorted.", evidence=[photo.id])  # fmt: skip


def stands(firm: Firm, lot: Lot) -> tuple[str, Decimal | None, Decimal]:
    """The lot's state, what is verified of it, and how much pledges exceed that."""
    with firm.operator.ws(read_only=True) as ws:
        found = find_lot(ws, lot.id)
        return found.status, found.verified_qty, found.short_qty


def goods_of(world: World) -> tuple[Firm, Lot]:
    """A free lot of a hundred tonnes, and its supervisor."""
    supervisor = world.firm("SUPERVISOR")
    return supervisor, a_verified_lot(world, world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), supervisor, amount="100.000")  # fmt: skip


def test_sound_goods_carry_their_loan_again_and_the_rest_is_scrapped(world: World) -> None:
    deal = a_running_loan(world)
    supervisor, lot = deal.parties.supervisor, deal.lots[0]
    damage(supervisor, lot)
    world.work()
    assert worth(deal) == "0.00"
    decided(supervisor, inspected(supervisor, lot, "60.000"))
    world.work()
    assert stands(supervisor, lot) == ("PLEDGED", 60, 40)
    assert worth(deal) == "1200000.00"
    with deal.bank.operator.ws(read_only=True) as ws:
        kinds = [one.kind for one in record.events_of(ws, lot.id)]
    assert {"LotMended", "QuantityShrunk"} <= set(kinds)


def test_a_new_inspection_needs_its_evidence_its_reason_and_a_quantity_that_was_there(world: World) -> None:
    supervisor, lot = goods_of(world)
    said = {"left": Quantity.of("60", "TNE"), "because": "Dried.", "evidence": [uuid4()]}
    with supervisor.operator.ws() as ws, pytest.raises(Conflict, match="step_not_listed"):
        actions.propose_mending(ws, lot.id, **said)
    damage(supervisor, lot)
    with supervisor.operator.ws() as ws:
        for wrong, code in (({"evidence": []}, "evidence_missing"), ({"because": " "}, "reason_missing"), ({"left": Quantity.of("100.001", "TNE")}, "more_than_was")):  # fmt: skip
            with pytest.raises(Invalid, match=code):
                actions.propose_mending(ws, lot.id, **(said | wrong))
    with world.firm("SUPERVISOR").operator.ws() as ws, pytest.raises(Exception, match="unknown"):
        actions.propose_mending(ws, lot.id, **said)
    proposal = inspected(supervisor, lot, "100")
    with supervisor.operator.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    decided(supervisor, proposal)
    assert stands(supervisor, lot) == ("VERIFIED", 100, 0)


def test_goods_scrapped_whole_are_gone_and_a_pledge_on_them_is_short(world: World) -> None:
    supervisor, lot = goods_of(world)
    damage(supervisor, lot)
    decided(supervisor, inspected(supervisor, lot, "0"))
    assert stands(supervisor, lot)[:2] == ("DEPARTED", 0)
    deal = a_running_loan(world)
    damage(deal.parties.supervisor, deal.lots[0])
    decided(deal.parties.supervisor, inspected(deal.parties.supervisor, deal.lots[0], "0"))
    assert stands(deal.bank, deal.lots[0]) == ("PLEDGED", 0, 100)


def test_they_stand_as_they_would_had_they_never_been_damaged(world: World) -> None:
    deal = a_running_loan(world)
    supervisor, lot = deal.parties.supervisor, deal.lots[0]
    damage(supervisor, lot)
    with deal.bank.operator.ws() as ws:
        proposal = financing.propose_default(
            ws, deal.deal_id, event="FRAUD", because="They wetted the goods themselves."
        )
    decided(deal.bank, proposal)
    decided(supervisor, inspected(supervisor, lot, "60"))
    world.work()
    assert stands(supervisor, lot)[0] == "IN_DISPOSAL"
    with deal.bank.operator.ws() as ws:
        assert goods_for_sale(ws, deal.deal_id, lot.id).quantity == Quantity.of("60", "TNE")
    keeper, frozen = goods_of(world)
    with keeper.operator.ws() as ws:
        actions.freeze_lot(ws, frozen.id, reason="A court asks.")
    damage(keeper, frozen)
    decided(keeper, inspected(keeper, frozen, "100"))
    assert stands(keeper, frozen)[0] == "FROZEN"


def test_received_goods_wait_for_their_inspection_again(world: World) -> None:
    supervisor = world.firm("SUPERVISOR")
    lot = a_received_lot(world, world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), supervisor)
    damage(supervisor, lot)
    with supervisor.operator.ws(read_only=True) as ws:
        weighed = find_lot(ws, lot.id).weighed
        assert weighed is not None
    decided(supervisor, inspected(supervisor, lot, str(weighed.amount)))
    with supervisor.operator.ws(read_only=True) as ws:
        assert (find_lot(ws, lot.id).status, find_lot(ws, lot.id).verified) == ("RECEIVED", None)


def test_the_database_lets_the_lots_supervisor_alone_find_goods_sound(world: World) -> None:
    deal = a_running_loan(world)
    lot = deal.lots[0]
    mend = text("select gate.mend_lot(:lot)")
    with pytest.raises(DBAPIError, match="not yours to find sound"), deal.parties.supervisor.operator.ws() as ws:
        ws.session.execute(mend, {"lot": lot.id})
    damage(deal.parties.supervisor, lot)
    for firm in (deal.bank, deal.sme, deal.parties.warehouse):
        with pytest.raises(DBAPIError, match="not yours to find sound"), firm.operator.ws() as ws:
            ws.session.execute(mend, {"lot": lot.id})
        with pytest.raises(DBAPIError), firm.operator.ws() as ws:
            ws.session.execute(text("update house.lot set status = 'PLEDGED' where id = :lot"), {"lot": lot.id})


def worth(deal: ADeal) -> str:
    """What the bank's newest valuation says."""
    with deal.bank.operator.ws(read_only=True) as ws:
        value = latest_valuation(ws, deal.deal_id)
        assert value is not None
        return str(sum((one.market_value for one in value.lines), Money.zero("CNY")).amount)
