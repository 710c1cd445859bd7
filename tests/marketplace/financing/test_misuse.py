"""A loan used for another purpose: found by two officers on a paper, charged to the fen from that day, told to the borrower, until it is put right."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.financing import actions
from marketplace.financing.misuses.finding import misuses_of
from marketplace.ledger.queries import postings
from tenants.errors import Conflict, Invalid, NotFound, Refused
from tenants.notifications import latest
from tests.factories import World
from tests.marketplace.documents.makers import a_document
from tests.marketplace.financing.makers import ADeal, decided, yuan
from tests.marketplace.financing.test_loans import a_loan_from, run_to

BEGIN = date(2025, 3, 3)


def misused(deal: ADeal, on: date, **changed: Any) -> None:
    """Two officers find that the whole million serves another purpose."""
    paper = a_document(deal.bank.operator, deal.deal_id, kind="payment_proof", name="account.pdf")
    told: dict[str, Any] = {"amount": yuan("1000000.00"), "since": on, "document_id": paper.id}
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_misuse(ws, deal.deal_id, because="paid on to a property firm", **(told | changed))
    decided(deal.bank, proposal)
    deal.world.work()


def test_misuse_costs_its_rate_from_its_day_until_it_is_put_right(world: World) -> None:
    """Ten days at the contract's rate, seventeen at double (five of them closed before it was found), three at the contract's again."""
    deal = a_loan_from(world, BEGIN)
    run_to(world, BEGIN + timedelta(days=15))
    misused(deal, BEGIN + timedelta(days=10))
    # 15 days of 1,000,000 at 4.35 per cent are 1,812.50; five more halves of 120.83 make it double.
    assert (deal.position.interest, deal.position.penalty) == (yuan("1812.50"), yuan("604.17"))
    with deal.sme.owner.ws(read_only=True) as ws:
        assert "MisuseFound" in {one.kind for one in latest(ws)}
    for day in range(16, 28):  # night by night: none of them passes quietly
        run_to(world, BEGIN + timedelta(days=day))
    # 27 + 17 days' worth of 120.8333: 5,316.67 in all, to the fen.
    assert deal.position.interest + deal.position.penalty == yuan("5316.67")
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_misuse_end(ws, deal.deal_id, because="the money came back")
    decided(deal.bank, proposal)
    run_to(world, BEGIN + timedelta(days=30))
    assert deal.position.interest + deal.position.penalty == yuan("5679.17")
    with deal.bank.operator.ws(read_only=True) as ws:
        booked = [one.posting.narrative for one in postings(ws, deal.deal_id) if one.posting.key.startswith("misuse:")]
        assert booked.count("Misuse of the loan from %(since)s to %(until)s") == 1
        assert booked.count("Misuse of the loan on %(day)s") == 12
        [found] = misuses_of(ws, deal.deal_id)
        assert (found.ended_on, found.ended_because) == (BEGIN + timedelta(days=27), "the money came back")
    deal.repay(str(deal.position.outstanding.amount), "R-1")
    assert deal.status == "SETTLED"


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"amount": yuan("1000000.01")}, Invalid),
        ({"amount": yuan("0.00")}, Invalid),
        ({"since": BEGIN - timedelta(days=1)}, Invalid),
        ({"since": BEGIN + timedelta(days=2)}, Invalid),
        ({"document_id": "00000000-0000-7000-8000-000000000000"}, NotFound),
    ],
)
def test_refuses_what_nobody_can_have_found(misusable: ADeal, changed: dict[str, Any], kind: type[Refused]) -> None:
    with pytest.raises(kind):
        misused(misusable, BEGIN, **changed)


@pytest.fixture
def misusable(world: World) -> ADeal:
    """A loan of one day."""
    deal = a_loan_from(world, BEGIN)
    run_to(world, BEGIN + timedelta(days=1))
    return deal


def test_one_finding_at_a_time_and_none_ended_that_does_not_stand(misusable: ADeal) -> None:
    with pytest.raises(Conflict), misusable.bank.operator.ws() as ws:
        actions.propose_misuse_end(ws, misusable.deal_id, because="nothing was wrong")
    misused(misusable, BEGIN)
    with pytest.raises(Conflict):
        misused(misusable, BEGIN)


def test_the_database_keeps_a_finding_as_two_officers_made_it(world: World) -> None:
    """Past every rule of ours: the borrower finds nothing, and the bank changes no figure, leaves out no reason and finds no second misuse."""
    deal = a_loan_from(world, BEGIN)
    run_to(world, BEGIN + timedelta(days=5))
    misused(deal, BEGIN)
    again = "insert into house.loan_misuse (deal_id, id, tenant_id, since, amount_minor, currency, factor, because, document_id, found_at, ended_because) values (:deal, uuidv7(), :me, '2025-03-03', 1, 'CNY', {factor}, 'x', uuidv7(), gate.now(), '')"
    attacks = [
        (deal.bank, again.format(factor=3), "ck_loan_misuse_figures"),
        (deal.sme, again.format(factor=2), "row-level security"),
        (deal.bank, again.format(factor=2), "uq_loan_misuse_open"),
        (deal.bank, "update house.loan_misuse set amount_minor = 1 where deal_id = :deal", "loan_misuse"),
        (deal.bank, "update house.loan_misuse set ended_on = '2025-03-08' where deal_id = :deal", "ck_loan_misuse_ended"),
        (deal.bank, "update house.loan_misuse set ended_on = '2025-03-02', ended_because = 'x' where deal_id = :deal", "ck_loan_misuse_ended"),
        (deal.bank, "update house.misuse_day set posted_minor = 0 where deal_id = :deal", "permission denied"),
    ]  # fmt: skip
    for firm, attack, because in attacks:
        with pytest.raises(DBAPIError, match=because), firm.operator.ws() as ws:
            ws.session.execute(text(attack), {"deal": deal.deal_id, "me": ws.tenant_id})
