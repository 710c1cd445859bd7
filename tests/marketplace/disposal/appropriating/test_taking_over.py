"""From a default to the bank's own goods through the real actions: value, consent, money to the fen, and what keeps anybody from it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.disposal import actions, queries
from marketplace.disposal.appropriating.models import Appropriation
from marketplace.disposal.appropriating.queries import find_appropriation, list_appropriations
from marketplace.disposal.handing_over import find_handover
from marketplace.financing import actions as financing
from marketplace.financing.queries import position
from marketplace.inventory import actions as inventory
from marketplace.inventory.queries import find_lot
from marketplace.ledger.actions import post
from marketplace.ledger.queries import balances, trial_balance
from marketplace.ledger.rules.accounts import Account
from marketplace.pledges import actions as pledges
from marketplace.pledges.actions import propose_found
from marketplace.pledges.queries import pledges_of_deal
from marketplace.quantity import Quantity
from tenants import approvals
from tenants.approvals import Approval
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from tenants.members import end_membership, list_members
from tenants.record import events_of
from tests.factories import Person, Shared, World
from tests.marketplace.disposal.makers import a_bad_loan, an_enforced_sale, cny, propose_sale
from tests.marketplace.disposal.test_second_ranks import a_second_deal, stand_behind
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, decided, default_on
from tests.marketplace.pledges.short_makers import COUNT, Mass
from tests.marketplace.valuation.makers import a_price

VALUE = "5460000"  # 420 tonnes at 13,000: what the goods are valued at


@dataclass
class Taking:
    """A bank that would take the first lot of a bad loan over."""

    deal: ADeal

    def propose(self, value: str = VALUE, buyer_id: UUID | None = None, **costs: Any) -> Approval:
        usual: dict[str, Any] = {"storage": cny("60000"), "enforcement": cny("0"), "tax_rate": Decimal("0.13")}
        bargain = actions.bargain_of(cny(value), buyer_id=buyer_id, **(usual | costs))
        with self.deal.bank.operator.ws() as ws:
            return actions.propose_appropriation(ws, self.deal.deal_id, lot_id=self.deal.lots[0].id, bargain=bargain)

    def ask(self, **terms: Any) -> "Taking":
        decided(self.deal.bank, self.propose(**terms))
        return self

    @property
    def row(self) -> Appropriation:
        with self.deal.bank.operator.ws(read_only=True) as ws:
            return list_appropriations(ws, deal_id=self.deal.deal_id)[0]

    def answer(self, person: Person, accept: bool = True) -> Appropriation:
        asked = self.row.id
        with person.ws() as ws:
            return actions.answer_appropriation(ws, asked, accept=accept)

    def agree(self) -> "Taking":
        self.answer(self.deal.sme.owner)
        return self

    def take(self) -> Appropriation:
        asked = self.row.id
        with self.deal.bank.operator.ws() as ws:
            return actions.take_over_goods(ws, asked)

    def owe(self, interest: str) -> None:
        with self.deal.bank.operator.ws() as ws:
            lacking = cny(interest) - position(ws, self.deal.deal_id).interest
            lines = [(Account.INTEREST_RECEIVABLE, lacking), (Account.INTEREST_INCOME, -lacking)]
            post(ws, deal_id=self.deal.deal_id, key="example", narrative="Interest of the example", entries=lines)


def a_lonely_borrower(deal: ADeal) -> None:
    """A firm of one person: its owner alone, everybody else has left."""
    with deal.sme.owner.ws() as ws:
        for one in list_members(ws):
            if one.person_id != ws.person_id:
                end_membership(ws, one.person_id)


@pytest.fixture
def taking(world: World) -> Taking:
    return a_taking(world)


def a_taking(world: World) -> Taking:
    """A bad loan of a borrower whose goods nobody else has a claim on, ready to be taken over."""
    deal = a_bad_loan(world)
    a_lonely_borrower(deal)
    return Taking(deal)


def test_what_is_beyond_the_debt_is_the_pledgor_s_money_and_the_goods_are_the_bank_s(
    world: World, taking: Taking
) -> None:
    """5,460,000 less 60,000 storage, 628,141.59 tax inside it, 182,500 interest and 4,200,000 principal: 389,358.41."""
    taking.owe("182500")
    taking.ask().agree()
    assert (taking.row.status, taking.row.surplus) == ("CONSENTED", cny("389358.41"))
    done, deal = taking.take(), taking.deal
    with deal.bank.operator.ws(read_only=True) as ws:
        found, book = queries.distribution_of(ws, done.id), balances(ws, deal.deal_id)
        assert found
        assert [(one.rank, one.label, str(one.paid.amount)) for one in found[1]] == [
            ("COSTS", "storage", "60000.00"),
            ("TAX", "tax authority", "628141.59"),
            ("INTEREST", "bank", "182500.00"),
            ("PRINCIPAL", "bank", "4200000.00"),
            ("SURPLUS", "pledgor", "389358.41"),
        ]
        assert (book[Account.COLLATERAL_TAKEN], book[Account.SURPLUS_OWED]) == (cny(VALUE), -cny("389358.41"))
        assert not book[Account.PROCEEDS_TO_DISTRIBUTE]
        assert sum(row.balance.minor for row in trial_balance(ws, deal.deal_id)) == 0
        assert find_lot(ws, deal.lots[0].id).status == "SOLD"
        assert {one.status for one in pledges_of_deal(ws, deal.deal_id, live=False)} == {"REALISED"}
        order = find_handover(ws, done.id)
    assert (deal.status, order.buyer_id) == ("RECOVERED", deal.bank.tenant_id)
    with deal.parties.warehouse.operator.ws() as ws:
        actions.hand_over(ws, done.id, code=order.collection_code, collector="Li Lei")
    world.work()
    with deal.parties.warehouse.operator.ws(read_only=True) as ws:
        assert find_lot(ws, deal.lots[0].id).status == "DEPARTED"


@pytest.mark.parametrize("damaged", [False, True])
def test_goods_that_are_sold_and_lost_or_damaged_are_sold_when_they_are_found_or_sound(world: World, taking: Taking, damaged: bool) -> None:  # fmt: skip
    deal = taking.deal
    lot, supervisor = deal.lots[0], deal.parties.supervisor
    mass = Mass(world, deal.parties.warehouse, supervisor, None)  # type: ignore[arg-type]
    taking.owe("182500")
    taking.ask().agree().take()
    shortage_id = mass.report(lot, "400").id
    mass.confirm(shortage_id)
    with supervisor.operator.ws() as ws:
        inventory.report_loss(ws, lot.id, damaged=damaged, because="a fire in hall 2")
    with supervisor.operator.ws() as ws:
        if damaged:
            proposal = inventory.propose_mending(
                ws, lot.id, left=Quantity.of("400", "TNE"), because="Dried.", evidence=[COUNT]
            )
        else:
            proposal = propose_found(
                ws, shortage_id, more=Quantity.of("20", "TNE"), because="A wall.", evidence=[COUNT]
            )
    decided(supervisor, proposal)
    with supervisor.operator.ws(read_only=True) as ws:
        found = find_lot(ws, lot.id)
        assert (found.status, found.verified_qty) == ("SOLD", 400 if damaged else 20)


def test_the_surplus_is_owed_until_the_bank_says_once_that_it_was_paid(taking: Taking) -> None:
    taking.ask().agree()
    asked = taking.row.id
    with taking.deal.bank.operator.ws() as ws, pytest.raises(Conflict):
        actions.confirm_surplus(ws, asked, reference="TT-1")
    taking.take()
    with taking.deal.sme.owner.ws() as ws, pytest.raises(NotAllowed):
        actions.confirm_surplus(ws, asked, reference="TT-1")
    with taking.deal.bank.operator.ws() as ws:
        actions.confirm_surplus(ws, asked, reference="TT-1")
    with taking.deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="No surplus"):
        actions.confirm_surplus(ws, asked, reference="TT-2")
    with taking.deal.sme.owner.ws(read_only=True) as ws:
        book = balances(ws, taking.deal.deal_id)
        assert not book[Account.SURPLUS_OWED]
        assert book[Account.SURPLUS_PAID].minor < 0
        assert find_appropriation(ws, asked).surplus_reference == "TT-1"


def test_what_lacks_stays_owed(taking: Taking) -> None:
    """5,460,000 less 688,141.59 for others pays 4,771,858.41 of 6,200,000."""
    taking.owe("2000000")
    taking.ask().agree().take()
    assert taking.row.deficiency == cny("1428141.59")
    with taking.deal.sme.owner.ws(read_only=True) as ws:
        assert position(ws, taking.deal.deal_id).outstanding == cny("1428141.59")
    assert taking.deal.status == "ENFORCEMENT"


def test_nothing_is_taken_over_without_a_yes_and_nobody_says_it_for_the_pledgor(world: World, taking: Taking) -> None:
    taking.ask()
    asked = taking.row.id
    with pytest.raises(Conflict):
        taking.take()
    for person, refusal in ((taking.deal.bank.owner, NotAllowed), (world.firm("SME").owner, NotFound)):
        with pytest.raises(refusal):
            taking.answer(person)
    for change in ("status = 'CONSENTED', answered_at = gate.now()", "status = 'DONE', answered_at = gate.now(), done_at = gate.now()", "value_minor = value_minor + 1"):  # fmt: skip
        with pytest.raises(DBAPIError), taking.deal.bank.operator.ws() as ws:
            ws.session.execute(text(f"update house.appropriation set {change} where id = :id"), {"id": asked})
    assert taking.row.status == "PROPOSED"


def test_a_firm_of_two_answers_with_both(world: World) -> None:
    taking = Taking(a_bad_loan(world))
    taking.deal.sme.person("approver")
    taking.ask()
    taking.answer(taking.deal.sme.operator)
    assert taking.row.status == "PROPOSED"
    with pytest.raises(Conflict, match="already"):
        taking.answer(taking.deal.sme.operator)
    with taking.deal.sme.approver.ws() as ws:
        [one] = approvals.to_decide(ws)
        approvals.decide(ws, one.id, approve=True)
    assert (taking.row.status, taking.row.answered_by) == (
        "CONSENTED",
        f"{taking.deal.sme.operator.name}, {taking.deal.sme.approver.name}",
    )


def test_a_no_ends_it_and_the_goods_may_be_sold_instead(taking: Taking) -> None:
    taking.ask()
    with pytest.raises(Conflict, match="already"):
        taking.propose()
    with pytest.raises(Conflict) as promised:
        propose_sale(taking.deal)
    assert (promised.value.code, promised.value.field) == ("taking_over_open", "lot_id")
    taking.answer(taking.deal.sme.owner, accept=False)
    assert taking.row.status == "DECLINED"
    with pytest.raises(Conflict):
        taking.agree()
    propose_sale(taking.deal)


def test_what_is_for_sale_is_not_taken_over(world: World) -> None:
    enforced = an_enforced_sale(world)
    with pytest.raises(Conflict) as refused:
        Taking(enforced.deal).propose()
    assert refused.value.code == "already_for_sale"


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"value": "5459999.99"}, "below_market"),
        ({"storage": cny("5460000.00")}, "creditor_harmed"),
        ({"juniors": [("Jiangnan Factoring", cny("3000000"))]}, "creditor_harmed"),
    ],
)
def test_no_bargain_below_the_market_or_at_another_s_cost(shared: Shared, terms: dict[str, Any], code: str) -> None:
    taking = shared(a_taking)
    with pytest.raises(Refused) as refused:
        taking.propose(**terms)
    assert (refused.value.code, refused.value.field) == (code, "value")


def test_a_dearer_market_ends_the_bargain_and_time_does(world: World, taking: Taking) -> None:
    taking.ask().agree()
    taking.deal.price("14000")
    with taking.deal.bank.operator.ws() as ws:
        financing.review_deal(ws, taking.deal.deal_id, cause="price")
    with pytest.raises(Conflict) as dearer:
        taking.take()
    assert dearer.value.code == "below_market"
    world.set_clock(taking.row.take_by)
    with pytest.raises(Conflict, match="time"):
        taking.take()
    world.work()
    world.work()
    assert taking.row.status == "LAPSED"


def test_silence_is_no_consent(world: World, taking: Taking) -> None:
    taking.ask()
    world.set_clock(taking.row.answer_by)
    with pytest.raises(Conflict, match="time"):
        taking.agree()
    world.work()
    assert taking.row.status == "LAPSED"


def test_a_buyer_may_be_named_who_is_no_party_and_buys(world: World, taking: Taking) -> None:
    for wrong, refusal in ((taking.deal.sme, NotAllowed), (world.firm("LOGISTICS"), Invalid)):
        with pytest.raises(refusal) as refused:
            taking.propose(buyer_id=wrong.tenant_id)
        assert refused.value.field == "buyer_id"
    buyer = world.firm("BUYER")
    taking.ask(buyer_id=buyer.tenant_id).agree()
    done = taking.take()
    with taking.deal.bank.operator.ws(read_only=True) as ws:
        assert find_handover(ws, done.id).buyer == buyer.name


def test_a_second_bank_is_paid_or_agrees_to_less_before_the_first_takes_the_goods(world: World) -> None:
    """5,460,000 less 900,000 storage leaves 260,000 behind a cap of 4,300,000, and the second secures 400,000."""
    first = a_running_loan(
        world, deal=a_request(world, tonnes="420.000", amount="4200000.00"), limit="5460000.00", drawn="4200000.00"
    )
    second = a_second_deal(world, first)
    consent_id = stand_behind(first, second, "4300000", "400000")
    taking = Taking(default_on(first))
    a_price(world, first.bank, "13000")
    a_lonely_borrower(first)
    taking.owe("1200000")
    dear = {"storage": cny("900000"), "tax_rate": Decimal(0)}
    with pytest.raises(Conflict) as harmed:
        taking.propose(**dear)
    assert (harmed.value.code, harmed.value.facts["unpaid"]) == ("creditor_harmed", cny("140000"))
    with second.bank.operator.ws() as ws:
        pledges.claim_proceeds(ws, consent_id, claim=cny("260000"))
    taking.ask(**dear)
    with second.bank.operator.ws(read_only=True) as ws:
        told = [one.facts for one in events_of(ws, consent_id) if one.kind == "TakingOverAhead"]
    assert [one["paid"]["minor"] for one in told] == [cny("260000").minor]
    taking.agree().take()
    with second.bank.operator.ws(read_only=True) as ws:
        paid = [one.facts["paid"]["minor"] for one in events_of(ws, consent_id) if one.kind == "SecondRankPaid"]
    assert paid == [cny("260000").minor]
