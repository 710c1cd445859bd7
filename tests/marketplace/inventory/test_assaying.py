"""A newer certificate about verified goods supersedes what counted: by two people of the supervisor, later evidence only, and the worth follows."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.business_days import SHANGHAI
from marketplace.inventory import actions
from marketplace.inventory.queries import assays_of, find_lot
from marketplace.inventory.rules.assays import require_change, require_newer
from tenants import approvals
from tenants.errors import Conflict, Invalid
from tests.factories import World
from tests.marketplace.financing.makers import a_running_loan
from tests.marketplace.pledges.makers import Parties, the_parties

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(("day", "refused"), [(TODAY + timedelta(days=1), Invalid), (TODAY - timedelta(days=4), Conflict), (TODAY, None), (TODAY - timedelta(days=3), None)])  # fmt: skip
def test_only_later_evidence_supersedes(day: date, refused: type[Exception] | None) -> None:
    if refused is None:
        require_newer(day, TODAY - timedelta(days=3), TODAY)
        return
    with pytest.raises(refused):
        require_newer(day, TODAY - timedelta(days=3), TODAY)


def test_what_changes_nothing_is_no_assay() -> None:
    now = (Decimal("0.08"), TODAY)
    for moisture, expiry in ((None, None), (Decimal("0.08"), None), (None, TODAY), (Decimal("0.080"), TODAY)):
        with pytest.raises(Invalid):
            require_change(moisture, expiry, now)
    require_change(Decimal("0.09"), None, now)
    require_change(None, TODAY + timedelta(days=1), now)


def assayed(parties: Parties, lot_id: Any, *, approve: bool = True, **found: Any) -> None:
    """Two people of the supervisor look at a certificate of today."""
    with parties.supervisor.operator.ws() as ws:
        told = {"certificate": "CCIC-2", "certified_on": ws.now.astimezone(SHANGHAI).date(), "because": "wetter than was said"}  # fmt: skip
        proposal = actions.propose_assay(ws, lot_id, **(told | found))
    with parties.supervisor.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=approve)


def test_a_newer_certificate_supersedes_and_history_is_kept(world: World) -> None:
    parties = the_parties(world)
    day = world.now.astimezone(SHANGHAI).date() + timedelta(days=300)
    lot = parties.a_lot(expires_on=day, found={"moisture": Decimal("0.05"), "moisture_certificate": "CCIC-1"})
    assayed(parties, lot.id, moisture=Decimal("0.09"), approve=False)
    assayed(parties, lot.id, moisture=Decimal("0.082"))
    world.advance(timedelta(days=1))
    assayed(parties, lot.id, expires_on=day + timedelta(days=30), certificate="CCIC-3")
    with parties.sme.operator.ws(read_only=True) as ws:
        found = find_lot(ws, lot.id)
        assert (found.moisture, found.expires_on) == (Decimal("0.082"), day + timedelta(days=30))
        newest, first = assays_of(ws, lot.id)
        assert (first.was_moisture, first.moisture, first.certificate) == (Decimal("0.05"), Decimal("0.082"), "CCIC-2")
        assert (newest.was_expires_on, newest.moisture) == (day, Decimal("0.082"))
    with pytest.raises(Conflict, match="certificate_older"):
        assayed(parties, lot.id, moisture=Decimal("0.01"), certified_on=newest.certified_on - timedelta(days=1))
    for column, value in (("moisture", "0.01"), ("expires_on", "date '2099-01-01'")):
        with pytest.raises(DBAPIError), parties.supervisor.operator.ws() as ws:
            ws.session.execute(text(f"update house.lot set {column} = {value} where id = :lot"), {"lot": lot.id})
    alone = "insert into house.assay select (jsonb_populate_record(a, jsonb_build_object('id', uuidv7(), 'approval_id', uuidv7(), 'moisture', 0.01))).* from house.assay a where a.lot_id = :lot limit 1"
    with pytest.raises(DBAPIError, match="by two people"), parties.supervisor.operator.ws() as ws:
        ws.session.execute(text(alone), {"lot": lot.id})


def test_goods_that_expire_sooner_carry_less_at_once(world: World) -> None:
    deal = a_running_loan(world)
    before = deal.position.market_value
    assayed(deal.parties, deal.lots[0].id, expires_on=world.now.astimezone(SHANGHAI).date() + timedelta(days=45))
    world.work()
    after = deal.position.market_value
    assert before is not None
    assert after is not None
    assert after < before
