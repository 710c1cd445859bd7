"""A declared default contested: by whom, until when, what waits for the bank's answer, and what its taking back brings about."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from marketplace.business_days import SHANGHAI, is_business_day
from marketplace.disposal.appropriating.proposing import bargain_of, propose_appropriation
from marketplace.financing import actions
from marketplace.financing.contesting import last_default, objections_to
from marketplace.financing.models.defaults import DeclaredDefault, DefaultObjection
from marketplace.financing.rules.defaults import object_until
from marketplace.inventory.queries import find_lot
from marketplace.pledges.queries import pledges_of_deal
from tenants import approvals, record
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import Firm, World
from tests.marketplace.disposal.makers import a_bad_loan, an_enforced_sale, cny, propose_sale
from tests.marketplace.documents.makers import a_document
from tests.marketplace.financing.makers import ADeal, a_defaulted_deal, decided, default_on
from tests.marketplace.guarantees.makers import a_backed_loan, asked

BARGAIN = bargain_of(cny("4000000"), storage=cny("0"), enforcement=cny("0"), tax_rate=Decimal(0), juniors=[])
SAID: dict[str, Any] = {"ground": "PAID", "because": "We paid on the morning before."}


def contest(deal: ADeal, by: Firm | None = None, **said: Any) -> None:
    """A party objects."""
    with (by or deal.sme).operator.ws() as ws:
        actions.object_to_default(ws, deal.deal_id, **(SAID | said))
    deal.world.work()


def answer(deal: ADeal, *, upheld: bool, nth: int = 0) -> None:
    """Two officers of the bank answer one of the objections."""
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_default_answer(ws, deal.deal_id, said_of(deal)[nth].id, upheld=upheld, because="We looked at it.")  # fmt: skip
    decided(deal.bank, proposal)
    deal.world.work()


def the_default(deal: ADeal) -> DeclaredDefault:
    """As the bank reads it."""
    with deal.bank.operator.ws(read_only=True) as ws:
        found = last_default(ws, deal.deal_id)
        assert found is not None
        return found


def said_of(deal: ADeal) -> list[DefaultObjection]:
    """What was said against it, as the bank reads it."""
    with deal.bank.operator.ws(read_only=True) as ws:
        found = last_default(ws, deal.deal_id)
        assert found is not None
        return objections_to(ws, found)


def states(deal: ADeal) -> tuple[str, set[str], set[str]]:
    """Where the deal, its pledges and its lots stand."""
    with deal.bank.operator.ws(read_only=True) as ws:
        held = pledges_of_deal(ws, deal.deal_id)
        return deal.status, {one.status for one in held}, {find_lot(ws, one.lot_id).status for one in held}


def told(deal: ADeal, firm: Firm, kind: str) -> list[record.Told]:
    """What a firm reads of one kind on the deal."""
    with firm.operator.ws(read_only=True) as ws:
        return [one for one in record.events_of(ws, deal.deal_id) if one.kind == kind]


@given(st.dates(min_value=date(2025, 1, 1), max_value=date(2026, 12, 1)), st.times())
def test_the_time_to_object_is_five_whole_days_and_ends_with_a_business_day(day: date, hour: time) -> None:
    until = object_until(datetime.combine(day, hour, tzinfo=SHANGHAI))
    last = (until - timedelta(seconds=1)).date()
    assert is_business_day(last)
    assert (until.hour, until.minute) == (0, 0)
    days = (last - day).days
    assert days == 5 or (days > 5 and not any(is_business_day(day + timedelta(days=one)) for one in range(5, days)))  # fmt: skip


def test_an_objection_names_its_ground_its_reason_and_its_papers_and_comes_once_and_in_time(world: World) -> None:
    deal = a_defaulted_deal(world)
    paper, elsewhere = a_document(deal.sme.operator, deal.deal_id), a_document(deal.sme.operator, deal.lots[0].id)
    with deal.sme.operator.ws() as ws:
        for wrong, code in (({"because": " "}, "text_missing"), ({"ground": "LUCK"}, "ground_unknown"), ({"documents": [elsewhere.id]}, "paper_elsewhere")):  # fmt: skip
            with pytest.raises(Invalid, match=code):
                actions.object_to_default(ws, deal.deal_id, **(SAID | wrong))
    contest(deal, documents=[paper.id])
    [said] = said_of(deal)
    assert (said.ground, said.because, said.documents, said.outcome) == ("PAID", SAID["because"], [str(paper.id)], None)
    [event] = told(deal, deal.bank, "DefaultContested")
    assert event.facts["because"] == SAID["because"]
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match="objected_already"):
        actions.object_to_default(ws, deal.deal_id, **SAID)
    with deal.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        actions.object_to_default(ws, deal.deal_id, **SAID)
    with world.firm("SME").operator.ws() as ws, pytest.raises(NotFound, match="deal_unknown"):
        actions.object_to_default(ws, deal.deal_id, **SAID)


def test_after_its_time_or_without_a_default_nobody_objects(world: World) -> None:
    deal, core = a_backed_loan(world)
    with deal.sme.operator.ws() as ws, pytest.raises(Conflict, match="not_in_default"):
        actions.object_to_default(ws, deal.deal_id, **SAID)
    default_on(deal)
    until = the_default(deal).object_until
    world.set_clock(until - timedelta(seconds=1))
    contest(deal)
    world.set_clock(until)
    with core.operator.ws() as ws, pytest.raises(Conflict, match="objection_late"):
        actions.object_to_default(ws, deal.deal_id, **SAID)


def test_until_the_bank_has_answered_no_goods_are_put_up_or_taken_over(world: World) -> None:
    deal = a_bad_loan(world)
    waiting = propose_sale(deal)
    contest(deal)
    with pytest.raises(Conflict, match="default_contested"):
        decided(deal.bank, waiting)
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="default_contested"):
        propose_appropriation(ws, deal.deal_id, lot_id=deal.lots[0].id, bargain=BARGAIN)
    answer(deal, upheld=False)
    assert said_of(deal)[0].outcome == "REJECTED"
    assert told(deal, deal.sme, "DefaultObjectionRejected")
    decided(deal.bank, waiting)


def test_no_sale_opens_while_the_default_may_still_be_contested(world: World) -> None:
    deal = a_bad_loan(world)
    with pytest.raises(Conflict, match="objections_first"):
        propose_sale(deal, opens_at=the_default(deal).object_until - timedelta(seconds=1))


def test_nothing_is_shared_out_or_written_off_before_the_answer(world: World) -> None:
    deal = a_defaulted_deal(world)
    contest(deal)
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="default_contested"):
        actions.close_after_enforcement(ws, deal.deal_id, interest_paid=cny("0"), principal_paid=cny("0"))
    answer(deal, upheld=False)
    with deal.bank.operator.ws() as ws:
        actions.close_after_enforcement(ws, deal.deal_id, interest_paid=cny("0"), principal_paid=cny("0"))
    assert deal.status == "ENFORCEMENT"


def test_who_stands_behind_the_loan_objects_too_and_hears_the_debtor(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "BUY_BACK", "900000.00").given()
    default_on(deal)
    contest(deal)
    contest(deal, core, ground="EVENT", because="The price was of another grade.")
    assert len(told(deal, core, "DefaultContested")) == 2
    with pytest.raises(Conflict, match="default_contested"):
        backed.proposed_claim()
    answer(deal, upheld=False)
    with pytest.raises(Conflict, match="default_contested"):
        backed.proposed_claim()
    answer(deal, upheld=False, nth=1)
    backed.claimed()


def test_upheld_the_default_is_taken_back_with_all_that_followed(world: World) -> None:
    deal, core = a_backed_loan(world)
    backed = asked(deal, core, "BUY_BACK", "900000.00").given()
    default_on(deal)
    assert states(deal) == ("DEFAULT", {"ENFORCING"}, {"IN_DISPOSAL"})
    backed.claimed()
    contest(deal)
    contest(deal, core)
    deal.price("20000")
    with deal.bank.operator.ws() as ws:
        proposal = actions.propose_default_answer(ws, deal.deal_id, said_of(deal)[0].id, upheld=True, because="Paid.")
    with deal.bank.operator.ws() as ws, pytest.raises(NotAllowed):
        approvals.decide(ws, proposal.id, approve=True)
    decided(deal.bank, proposal)
    world.work()
    assert states(deal) == ("WATCH", {"ACTIVE"}, {"PLEDGED"})
    assert {one.outcome for one in said_of(deal)} == {"UPHELD"}
    assert (backed.row.status, backed.row.claimed) == ("GIVEN", None)
    assert told(deal, core, "DefaultWithdrawn")
    with deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="answered_already"):
        actions.propose_default_answer(ws, deal.deal_id, said_of(deal)[1].id, upheld=False, because="No.")
    default_on(deal)
    assert (deal.status, said_of(deal)) == ("DEFAULT", [])  # a new default, with a time to object of its own


def test_by_the_figures_as_they_are_the_next_look_calls_again(world: World) -> None:
    deal = a_defaulted_deal(world)
    contest(deal, ground="EVENT", because="The notice never reached us.")
    answer(deal, upheld=True)
    assert (deal.status, deal.call and deal.call.status) == ("WATCH", "NOTIFIED")


def test_a_sale_before_the_hammer_is_called_off_and_one_behind_it_keeps_the_default(world: World) -> None:
    sale = an_enforced_sale(world)
    contest(sale.deal)
    answer(sale.deal, upheld=True)
    assert sale.sale.auction.status == "CANCELLED"
    sold = an_enforced_sale(world)
    contest(sold.deal)
    sold.sell("4010000")
    with sold.deal.bank.operator.ws() as ws, pytest.raises(Conflict, match="goods_sold"):
        actions.propose_default_answer(ws, sold.deal.deal_id, said_of(sold.deal)[0].id, upheld=True, because="Paid.")


def test_the_database_takes_no_objection_in_anothers_name_late_or_answered(world: World) -> None:
    deal = a_defaulted_deal(world)
    insert = "insert into house.default_objection (deal_id, id, default_id, tenant_id, ground, because, documents, raised_by, raised_at{more}) values (:deal, gen_random_uuid(), :default, :me, 'PAID', 'Paid.', '[]', 'Zhou', {at}{values})"  # fmt: skip
    known = {"deal": deal.deal_id, "default": the_default(deal).id, "me": deal.sme.tenant_id}
    for at, more, values in (("gate.now() - interval '2 hours'", "", ""), ("gate.now()", ", outcome, answer, answered_at", ", 'UPHELD', 'x', now()")):  # fmt: skip
        with pytest.raises(DBAPIError, match="raised now"), deal.sme.operator.ws() as ws:
            ws.session.execute(text(insert.format(at=at, more=more, values=values)), known)
    contest(deal)
    with pytest.raises(DBAPIError, match="answered once, by the bank"), deal.sme.operator.ws() as ws:
        ws.session.execute(update(DefaultObjection).values(outcome="UPHELD", answer="Yes.", answered_at=ws.now))
    with pytest.raises(DBAPIError, match="default_objection"), deal.bank.operator.ws() as ws:
        ws.session.execute(update(DefaultObjection).values(because="All was well."))
    world.set_clock(the_default(deal).object_until)
    with pytest.raises(DBAPIError, match="contested in time"), deal.sme.operator.ws() as ws:
        ws.session.execute(text(insert.format(at="gate.now()", more="", values="")), known)
