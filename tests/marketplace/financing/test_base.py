"""The borrowing base of a running deal: terms by two officers, what bars goods, any day again, the certificate and the supervisor's word."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from marketplace.financing import actions
from marketplace.financing.bases.certificates import (
    certificates_of,
    digest_of,
    figures_of,
    standing_of_certificate,
)
from marketplace.financing.bases.models import BaseCertificate
from marketplace.financing.bases.showing import BaseStatement, base_statement
from marketplace.inventory import actions as inventory
from marketplace.valuation import actions as valuation
from marketplace.valuation.rules.base import AGED, FROZEN, STALE
from marketplace.valuation.rules.sub_limits import LimitedBy, SubLimit
from tenants import approvals
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, Unavailable
from tests.factories import Firm, Shared, World
from tests.marketplace.financing.makers import ADeal, a_drawable_deal, a_request, a_running_loan, decided, draw, yuan


def statement(deal: ADeal, firm: Firm | None = None, **options: Any) -> BaseStatement:
    with (firm or deal.bank).operator.ws(read_only=True) as ws:
        return base_statement(ws, deal.deal_id, **options)


def set_terms(deal: ADeal, **terms: Any) -> None:
    """Base terms, proposed by one officer and approved by another; and all that follows."""
    with deal.bank.operator.ws() as ws:
        proposal = valuation.propose_base_terms(ws, deal.deal_id, **terms)
    decided(deal.bank, proposal)
    deal.world.work()


def value_anew(deal: ADeal) -> None:
    with deal.bank.operator.ws() as ws:
        valuation.value_deal(ws, deal.deal_id)


def test_the_statement_says_what_a_draw_is_tested_against(world: World) -> None:
    deal = a_running_loan(world)
    told = statement(deal)
    assert told.available == deal.position.available == yuan("300000.00")
    assert told.base.amount == yuan("1400000")
    set_terms(deal, reserves=[("Unpaid storage", yuan("150000"))])
    told = statement(deal)
    assert told.base.amount == yuan("1250000")
    assert told.available == deal.position.available == yuan("250000")
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict) as refusal:
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("250000.01"), payee="Jiangxi Copper")
    assert refusal.value.code == "drawdown_above_availability"
    draw(deal, "250000", "PAY-2")


def a_sub_limit(by: LimitedBy, of: str, amount: str) -> SubLimit:
    return SubLimit(by, of, f"goods of {of}", yuan(amount))


def test_a_drawdown_is_refused_by_the_sub_limit_that_holds_it_back(world: World) -> None:
    """A million is owed on goods that carry 1,300,000; copper may carry 1,100,000 of it, its site more than there is."""
    deal = a_running_loan(world)
    copper = a_sub_limit(LimitedBy.KIND, "CU", "1100000")
    set_terms(deal, sub_limits=[copper, a_sub_limit(LimitedBy.SITE, str(deal.lots[0].site_id), "2000000")])
    told = statement(deal)
    assert told.available == deal.position.available == yuan("100000")
    assert [(line.says, str(line.amount), dict(line.facts)) for line in told.lines if "sub-limit" in line.says] == [("Above the sub-limit for %(names)s", "CNY -300000.00", {"names": "goods of CU"})]  # fmt: skip
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict) as refusal:
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("100000.01"), payee="Jiangxi Copper")
    assert (refusal.value.code, refusal.value.facts["names"]) == ("sub_limit_reached", "goods of CU")
    draw(deal, "100000", "PAY-2")
    set_terms(deal, sub_limits=[a_sub_limit(LimitedBy.SITE, str(deal.lots[0].site_id), "1100000")])
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict) as refusal:
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("1"), payee="Jiangxi Copper")
    assert refusal.value.code == "sub_limit_reached"


def test_a_sub_limit_is_not_blamed_for_what_the_facility_s_limit_holds_back(world: World) -> None:
    deal = a_running_loan(world)
    set_terms(deal, sub_limits=[a_sub_limit(LimitedBy.KIND, "CU", "1390000")])
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict) as refusal:
        actions.request_drawdown(ws, deal.deal_id, amount=yuan("300000.01"), payee="Jiangxi Copper")
    assert refusal.value.code == "drawdown_above_availability"


def test_wrong_way_points_add_to_the_haircut(world: World) -> None:
    deal = a_running_loan(world)
    set_terms(deal, wrong_way=Decimal("0.10"))
    told = statement(deal)
    assert told.value is not None
    assert [(line.haircut, line.collateral_value) for line in told.value.lines] == [(Decimal("0.40"), yuan("1200000"))]
    assert "when the borrower does" in told.value.lines[0].reasons[0]


def test_frozen_goods_carry_nothing_and_still_count_for_the_margin(world: World) -> None:
    deal = a_running_loan(world, deal=a_request(world, lots=2))
    with deal.parties.supervisor.operator.ws() as ws:
        inventory.freeze_lot(ws, deal.lots[0].id, reason="court order")
    world.work()
    told = statement(deal)
    assert told.base.ineligible == {FROZEN: yuan("2000000")}
    assert told.base.amount == yuan("1400000")
    assert deal.position.market_value == yuan("4000000")


@pytest.mark.parametrize(("limit", "why"), [("evidence_days_max", STALE), ("stock_days_max", AGED)])
def test_old_evidence_and_old_stock_carry_nothing(world: World, limit: str, why: str) -> None:
    deal = a_running_loan(world)
    set_terms(deal, **{limit: 30})
    assert not statement(deal).base.ineligible
    world.advance(timedelta(days=31))
    deal.price("20000")
    told = statement(deal)
    assert told.base.ineligible == {why: yuan("2000000")}
    assert not told.available


def test_any_day_is_told_again_as_it_was(world: World) -> None:
    deal = a_running_loan(world)
    first_day = statement(deal).as_of
    world.advance(timedelta(days=1))
    world.work()  # the day is closed: its interest is in the book
    before = statement(deal, as_of=first_day)
    assert before.base.amount == yuan("1400000")
    world.advance(timedelta(days=2))
    deal.price("30000")
    set_terms(deal, reserves=[("Unpaid storage", yuan("100000"))])
    deal.repay("400000", "IN-1")
    again = statement(deal, as_of=first_day)
    assert [(line.says, line.amount) for line in again.lines] == [(line.says, line.amount) for line in before.lines]
    now = statement(deal)
    assert now.available == deal.position.available
    assert now.base.amount > again.base.amount
    with pytest.raises(Invalid) as refusal:
        statement(deal, as_of=now.as_of + timedelta(days=1))
    assert refusal.value.field == "as_of"
    assert not statement(deal, as_of=first_day - timedelta(days=1)).available


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"sub_limits": [a_sub_limit(LimitedBy.KIND, "CU", "0")]}, "sub_limits"),
        ({"sub_limits": [a_sub_limit(LimitedBy.KIND, "", "1")]}, "sub_limits"),
        ({"sub_limits": [a_sub_limit(LimitedBy.KIND, "CU", "1")] * 2}, "sub_limits"),
        ({"cap": Decimal(0)}, "cap"),
        ({"cap": Decimal("1.01")}, "cap"),
        ({"wrong_way": Decimal("-0.01")}, "wrong_way"),
        ({"evidence_days_max": 0}, "evidence_days_max"),
        ({"stock_days_max": 3651}, "stock_days_max"),
        ({"reserves": [("", yuan("1"))]}, "reserves"),
        ({"reserves": [("storage", yuan("-1"))]}, "reserves"),
        ({"reserves": [("storage", yuan("1"))] * 21}, "reserves"),
    ],
)
def test_terms_that_cannot_be_are_refused(shared: Shared, terms: dict[str, Any], field: str) -> None:
    deal = shared(a_request)
    with deal.bank.operator.ws() as ws, pytest.raises(Invalid) as refusal:
        valuation.propose_base_terms(ws, deal.deal_id, **terms)
    assert refusal.value.field == field


def test_only_the_banks_two_officers_set_terms(world: World) -> None:
    deal, other = a_request(world), world.firm("BANK")
    for firm, kind in ((deal.sme, NotAllowed), (other, NotFound)):
        with firm.operator.ws() as ws, pytest.raises(kind):
            valuation.propose_base_terms(ws, deal.deal_id)
    with deal.bank.owner.ws() as ws:
        proposal = valuation.propose_base_terms(ws, deal.deal_id, cap=Decimal("0.5"))
    with pytest.raises(Refused), deal.bank.owner.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)


def signed(deal: ADeal) -> BaseCertificate:
    with deal.sme.operator.ws() as ws:
        return actions.sign_base(ws, deal.deal_id)


def spoken(deal: ADeal, certificate: BaseCertificate, **word: Any) -> str:
    with deal.parties.supervisor.operator.ws() as ws:
        actions.confirm_base(ws, deal.deal_id, certificate.id, **word)
        return standing_of_certificate(ws, certificate)


def test_the_borrower_signs_and_the_supervisor_confirms(world: World) -> None:
    deal = a_running_loan(world)
    certificate = signed(deal)
    with deal.bank.operator.ws(read_only=True) as ws:
        assert standing_of_certificate(ws, certificate) == "SIGNED"
        figures = figures_of(ws, certificate)
        assert figures is not None
        assert certificate.digest == digest_of(certificate.goods, figures.lines)
        assert figures.lines[-1]["minor"] == deal.position.available.minor
        assert digest_of(certificate.goods, figures.lines[:-1]) != certificate.digest
    assert spoken(deal, certificate) == "CONFIRMED"
    world.work()
    with pytest.raises(Conflict) as refusal:
        spoken(deal, certificate, agrees=False, because="changed our minds")
    assert refusal.value.code == "already_confirmed"


def test_an_objection_needs_its_reason_and_a_new_certificate_replaces_the_old(world: World) -> None:
    deal = a_running_loan(world)
    first = signed(deal)
    with pytest.raises(Invalid):
        spoken(deal, first, agrees=False, because=" ")
    assert spoken(deal, first, agrees=False, because="Two bundles are missing.") == "CONTESTED"
    second = signed(deal)
    assert (first.number, second.number) == (1, 2)
    third = signed(deal)
    with pytest.raises(Conflict) as refusal:
        spoken(deal, second)
    assert refusal.value.code == "certificate_replaced"
    assert spoken(deal, third) == "CONFIRMED"


def test_the_supervisor_sees_goods_and_no_amount_and_others_nothing(world: World) -> None:
    deal, stranger = a_running_loan(world), world.firm("SUPERVISOR")
    certificate = signed(deal)
    with deal.parties.supervisor.operator.ws(read_only=True) as ws:
        (seen,) = certificates_of(ws, deal.deal_id)
        assert seen.goods[0]["counted"] == "100.000"
        assert figures_of(ws, seen) is None
        with pytest.raises(NotFound):
            base_statement(ws, deal.deal_id)
    with deal.parties.warehouse.operator.ws(read_only=True) as ws:
        assert not certificates_of(ws, deal.deal_id)
    with stranger.operator.ws() as ws, pytest.raises(NotFound):
        actions.confirm_base(ws, deal.deal_id, certificate.id)


def test_only_a_fresh_value_of_goods_in_force_is_signed(world: World) -> None:
    deal = a_running_loan(world)
    world.advance(timedelta(days=2))
    with pytest.raises(Unavailable):
        signed(deal)
    unpledged = a_request(world)
    with pytest.raises(Refused):
        signed(unpledged)


@pytest.mark.parametrize("who", ["bank", "sme"])
def test_who_signs_is_the_borrower_alone_and_nobody_changes_it(world: World, who: str) -> None:
    deal = a_drawable_deal(world)
    value_anew(deal)
    certificate = signed(deal)

    with pytest.raises(DBAPIError, match="permission denied"), getattr(deal, who).operator.ws() as ws:
        ws.session.merge(certificate).digest = "0" * 64
        ws.session.flush()
    with deal.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.sign_base(ws, deal.deal_id)
