"""Pledges by screen: offered, controlled, accepted, released, printed; each party sees its own, each refusal its field."""

import re
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Lot
from marketplace.pledges.models import Pledge
from marketplace.pledges.queries import DealPledges, find_order, pledges_of_deal, release_orders
from tenants import approvals
from tests.factories import Firm, Person, Shared, World
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan
from tests.marketplace.pledges.makers import (
    Parties,
    a_release_order,
    an_active_pledge,
    an_offered_pledge,
    the_parties,
)


@pytest.fixture
def parties(world: World) -> Parties:
    return the_parties(world)


def post(person: Person, address: str, fields: dict[str, Any] | None = None) -> Any:
    browser = person.browser()
    token = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/pledges").text)
    assert token
    return browser.post(address, data={"csrf_token": token[1], "_key": str(uuid4()), **(fields or {})})


def approve(firm: Firm) -> None:
    with firm.approver.ws() as ws:
        (waiting,) = approvals.waiting(ws)
    assert post(firm.approver, f"/approvals/{waiting.id}/approval").status_code == 302


def the_order(parties: Parties, deal_id: UUID) -> UUID:
    with parties.bank.operator.ws(read_only=True) as ws:
        return release_orders(ws, deal_id=deal_id)[0].id


def an_order(parties: Parties) -> tuple[Lot, UUID, UUID]:
    lot = parties.a_lot()
    deal_id, _ = an_active_pledge(parties, lot, "60")
    return lot, deal_id, a_release_order(parties, deal_id, lot, "20").id


def test_a_pledge_by_screen_from_control_to_release(parties: Parties) -> None:
    lot = parties.a_lot()
    deal_id, _ = an_offered_pledge(parties, lot, "60")
    here = f"/pledges/{deal_id}"
    assert "Confirm control" in parties.supervisor.operator.browser().get(here).text
    told = {
        "statement": "Keys with us, bays marked.",
        "keys_held": "yes",
        "goods_segregated": "yes",
        "devices_online": "yes",
    }
    assert post(parties.supervisor.operator, f"{here}/control-records", told).location == here
    assert (
        post(parties.bank.operator, f"{here}/registration", {"certificate": "0231-7745", "months": "12"}).location
        == here
    )
    assert post(parties.bank.operator, f"{here}/control-acceptance").location == here
    approve(parties.bank)
    page = parties.bank.operator.browser().get(here).text
    assert "Let goods go" in page
    assert "Keys with us, bays marked." in page
    released = {"lot_id": str(lot.id), "quantity": "20", "because": "repaid in part"}
    assert post(parties.sme.operator, f"{here}/release-requests", released).location == here
    assert post(parties.bank.operator, f"{here}/release-orders", released).location == here
    approve(parties.bank)
    order = f"/release-orders/{the_order(parties, deal_id)}"
    assert "Weigh the goods out" in parties.warehouse.operator.browser().get(order).text
    assert post(parties.warehouse.operator, f"{order}/executions", {"weighed": "12.5"}).location == order
    assert "7.500" in parties.bank.operator.browser().get(order).text
    assert post(parties.bank.operator, f"{order}/revocation").location == order
    with parties.sme.operator.ws(read_only=True) as ws:
        assert [str(one.quantity) for one in pledges_of_deal(ws, deal_id)] == ["47.500"]


@pytest.mark.parametrize(
    ("who", "address", "fields", "status", "says"),
    [
        ("supervisor", "control-records", {"statement": " ", "keys_held": "yes", "goods_segregated": "yes", "devices_online": "yes"}, 422, "Say how the goods are controlled."),
        ("supervisor", "control-records", {"statement": "x", "goods_segregated": "yes", "devices_online": "yes"}, 409, "does not hold the keys"),
        ("bank", "control-acceptance", {}, 409, "No supervisor of the bank controls the goods yet."),
        ("bank", "registration", {"certificate": ""}, 422, "This must be filled in."),
        ("sme", "control-records", {"statement": "x"}, 403, "Your role does not allow this."),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_on_the_page(
    parties: Parties, who: str, address: str, fields: dict[str, str], status: int, says: str
) -> None:
    deal_id, _ = an_offered_pledge(parties, parties.a_lot(), "60")
    refused = post(getattr(parties, who).operator, f"/pledges/{deal_id}/{address}", fields)
    assert (refused.status_code, says in refused.text) == (status, True), refused.text[:3000]


def one_lot(world: World) -> ADeal:
    return a_running_loan(world, drawn="650000.00")


def two_lots(world: World) -> ADeal:
    return a_running_loan(world, deal=a_request(world, tonnes="50.000", lots=2), drawn="650000.00")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("lots", [1, 2])
def test_the_most_that_may_go_is_told_of_each_lot_where_the_others_stay(shared: Shared, lots: int, language: str) -> None:  # fmt: skip
    """650,000 lent at 65 per cent: goods worth a million stay, 50 t. Of two lots of 50 t either may go, and never both."""
    deal = shared(two_lots if lots == 2 else one_lot)
    half, alone = {"en": ("50.000 t", "each figure holds if the other lots stay"), "zh": ("50.000 吨", "每个数额均以其他批次不放货为前提")}[language]  # fmt: skip
    for firm in (deal.bank, deal.sme):
        page = firm.operator.browser().get(f"/pledges/{deal.deal_id}?lang={language}").text
        assert [f"{half} ({lot.number})" in page for lot in deal.lots] == [lots == 2] * lots
        assert (half in page, alone in page) == (True, lots == 2)


@pytest.mark.parametrize(
    ("quantity", "because", "status", "says"),
    [
        ("40.001", "sold", 409, "This deal holds 40.000 t of the lot that no order releases yet."),
        ("0", "sold", 422, "Nothing leaves by this order."),
        ("much", "sold", 422, "much is not a quantity."),
        ("5", "", 422, "Say why."),
    ],
)
def test_a_release_beyond_what_is_held_is_refused(
    parties: Parties, quantity: str, because: str, status: int, says: str
) -> None:
    lot, deal_id, _ = an_order(parties)
    fields = {"lot_id": str(lot.id), "quantity": quantity, "because": because}
    refused = post(parties.bank.operator, f"/pledges/{deal_id}/release-orders", fields)
    assert (refused.status_code, says in refused.text) == (status, True)


def test_the_gate_stops_at_the_order_and_at_a_freeze(parties: Parties) -> None:
    lot, _, order_id = an_order(parties)
    beyond = post(parties.warehouse.operator, f"/release-orders/{order_id}/executions", {"weighed": "20.001"})
    assert (beyond.status_code, "The order releases 20.000 t" in beyond.text) == (409, True)
    with parties.supervisor.operator.ws() as ws:
        inventory.freeze_lot(ws, lot.id, reason="alarm at gate 2")
    frozen = post(parties.warehouse.operator, f"/release-orders/{order_id}/executions", {"weighed": "1"})
    assert (frozen.status_code, "alarm at gate 2" in frozen.text) == (409, True)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_party_opens_and_prints_its_own(parties: Parties, language: str) -> None:
    _, deal_id, order_id = an_order(parties)
    for firm in (parties.sme, parties.bank, parties.warehouse, parties.supervisor):
        browser = firm.operator.browser()
        for address in ("/pledges", f"/pledges/{deal_id}", f"/release-orders/{order_id}"):
            assert browser.get(f"{address}?lang={language}").status_code == 200, address
        for address in (f"/pledges/{deal_id}/list.pdf", f"/release-orders/{order_id}/order.pdf"):
            paper = browser.get(f"{address}?lang={language}")
            assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-"), address
        assert str(deal_id) in browser.get("/pledges.csv").text


def test_strangers_and_other_banks_find_nothing(world: World, parties: Parties) -> None:
    lot, deal_id, order_id = an_order(parties)
    second = world.firm("BANK")
    an_offered_pledge(parties, lot, "10", bank=second)
    for firm in (second, world.firm("SME"), world.firm("WAREHOUSE_OPERATOR")):
        browser = firm.operator.browser()
        for address in (
            f"/pledges/{deal_id}",
            f"/pledges/{deal_id}/list.pdf",
            f"/release-orders/{order_id}",
            f"/release-orders/{order_id}/order.pdf",
        ):
            assert browser.get(address).status_code == 404, address
        assert str(deal_id) not in browser.get("/pledges.csv").text
        assert parties.bank.name not in browser.get(f"/lots/{lot.id}").text


def test_the_list_counts_sorts_and_names_both_sides(world: World, parties: Parties) -> None:
    small, large = parties.a_lot(), parties.a_lot()
    an_active_pledge(parties, small, "10")
    an_offered_pledge(parties, large, "80")
    rows = re.compile(r'class="row-link" href="/pledges/[^"]+">.*?<small class="figure">([^<]+)<', re.DOTALL)
    for firm in (parties.bank, parties.supervisor):
        page = firm.operator.browser().get("/pledges").text
        assert parties.sme.name in page
        assert parties.bank.name in page
    browser = parties.bank.operator.browser()
    assert rows.findall(browser.get("/pledges?sort=quantity").text) == [small.number, large.number]
    assert rows.findall(browser.get("/pledges?sort=-quantity").text) == [large.number, small.number]
    assert rows.findall(browser.get("/pledges?status=ACTIVE,IMPAIRED").text) == [small.number]
    assert rows.findall(browser.get("/pledges?status=DRAFT,SIGNED,REGISTERED").text) == [large.number]
    assert "Nothing matches" in browser.get("/pledges?status=ENFORCING").text


def test_what_was_let_go_is_held_no_more(parties: Parties) -> None:
    _, deal_id, order_id = an_order(parties)
    assert post(parties.warehouse.operator, f"/release-orders/{order_id}/executions", {"weighed": "20"}).location
    page = parties.bank.operator.browser().get(f"/pledges/{deal_id}").text
    tiles = dict(
        re.findall(
            r'class="tile-label">.*?</svg>([^<]+)</span>\s*<span class="tile-value"[^>]*>([^<]+)<', page, re.DOTALL
        )
    )
    assert tiles["Pledged now"].strip() == "40.000 t"
    assert tiles["Let go so far"].strip() == "20.000 t"
    assert tiles["Control"].strip() == "confirmed"
    order = parties.bank.operator.browser().get(f"/release-orders/{order_id}").text
    assert "100.0%" in order
    assert f'href="/lots/{_lot_of(parties, order_id)}"' in order


def test_a_line_of_the_list_counts_what_is_in_force_and_once_nothing_is_what_was() -> None:
    sold = Pledge(status="REALISED", quantity=Decimal(60), unit="TNE")
    held = Pledge(status="ENFORCING", quantity=Decimal(30), unit="TNE")
    both, past = DealPledges(uuid4(), (sold, held)), DealPledges(uuid4(), (sold,))
    assert (both.status, both.totals) == ("ENFORCING", {"TNE": Decimal(30)})
    assert (past.status, past.totals) == ("REALISED", {"TNE": Decimal(60)})


def _lot_of(parties: Parties, order_id: UUID) -> UUID:
    with parties.bank.operator.ws(read_only=True) as ws:
        return find_order(ws, order_id).lot_id
