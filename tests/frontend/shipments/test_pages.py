"""The pages of shipments: the board with its filters, what each party is shown and may do, and what nobody should have to read."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from frontend.shipments.showing import difference_of
from marketplace.shipments.models import Shipment
from marketplace.shipments.rules import TOLERANCE_SHARE
from tests.factories import Firm, Person, World
from tests.frontend.forms import form_fields
from tests.marketplace.pledges.makers import a_release_order, an_active_pledge, the_parties

UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}")


class Journey:
    """A planned shipment of pledged goods and the firms around it."""

    def __init__(self, world: World) -> None:
        self.world, self.parties = world, the_parties(world)
        self.carrier, self.buyer = world.firm("LOGISTICS"), world.firm("BUYER")
        lot = self.parties.a_lot()
        deal_id, _ = an_active_pledge(self.parties, lot, "60")
        self.order, self.lot = a_release_order(self.parties, deal_id, lot, "20"), lot
        self.page = self.plan("10")

    @property
    def sme(self) -> Firm:
        return self.parties.sme

    @property
    def warehouse(self) -> Firm:
        return self.parties.warehouse

    def plan(self, quantity: str, *, days: int = 2) -> str:
        browser = self.sme.operator.browser()
        due = self.world.now + timedelta(days=days, hours=8)
        fields = {
            "lot_id": str(self.lot.id), "quantity": quantity, "carrier_id": str(self.carrier.tenant_id), "consignee": "Jiangnan Cable",
            "consignee_id": str(self.buyer.tenant_id), "to_place": "Suzhou", "deliver_by": f"{due:%Y-%m-%dT%H:%M}",
        }  # fmt: skip
        made = browser.post("/shipments", data=form_fields(browser.get("/shipments/new").text) | fields)
        assert made.status_code == 302, made.text
        return str(made.location)

    def act(self, who: Person, act: str, **fields: str) -> Any:
        browser = who.browser()
        return browser.post(
            f"{self.page}/{act}", data={"_key": str(uuid4())} | form_fields(browser.get(self.page).text) | fields
        )

    def go(self, until: str) -> None:
        """Every step up to this one, each by who takes it."""
        steps: list[tuple[Firm, str, dict[str, str]]] = [
            (self.carrier, "booking", {"vehicle": "浙B 7A213", "driver": "Zheng"}),
            (self.warehouse, "handout", {"weighed": "10.000", "seals": "C1, C2", "order_id": str(self.order.id)}),
            (self.carrier, "pickup", {}),
            (self.carrier, "milestones", {"step": "depart", "place": "Beilun", "note": "Rain on the road."}),
            (self.carrier, "milestones", {"step": "reach_milestone", "place": "Jiaxing"}),
            (self.carrier, "milestones", {"step": "arrive", "place": "Suzhou"}),
            (self.buyer, "delivery", {"received": "9.995", "receiver": "Qian", "seals_seen": "C1, C2"}),
        ]
        for firm, step, fields in steps:
            done = self.act(firm.operator, step, **fields)
            assert done.status_code == 302, done.text
            if step == until:
                return


@pytest.fixture
def journey(world: World) -> Journey:
    return Journey(world)


def shown(person: Person, address: str) -> str:
    answer = person.browser().get(address)
    assert answer.status_code == 200
    return str(answer.text)


def main_of(page: str) -> str:
    """What people read: the page without its addresses, scripts and hidden fields."""
    [body] = re.findall(r"<main.*?</main>", page, re.DOTALL)
    return re.sub(r"<[^>]+>", " ", body)


def numbers(page: str) -> list[str]:
    return re.findall(r'class="row-link figure"[^>]*>([^<]+)<', page)


def test_each_is_told_whose_turn_it_is(journey: Journey) -> None:
    assert "Your turn" in shown(journey.carrier.operator, "/shipments")
    for other in (journey.sme, journey.warehouse, journey.buyer):
        board = shown(other.operator, "/shipments")
        assert "Name vehicle and driver" in board
        assert "Your turn" not in board
    waiting = shown(journey.sme.operator, journey.page)
    assert f"It is the turn of {journey.carrier.name}." in waiting
    assert "/booking" not in waiting
    turns = [
        ("booking", journey.warehouse, "Weigh the goods out"),
        ("handout", journey.carrier, "Countersign the weight"),
    ]
    for step, firm, what in turns:
        journey_now = Journey(journey.world)
        journey_now.go(step)
        firm = journey_now.warehouse if firm is journey.warehouse else journey_now.carrier
        board = shown(firm.operator, "/shipments")
        assert what in board
        assert "Your turn" in board


def test_the_board_is_filtered_sorted_and_exported(journey: Journey) -> None:
    first = numbers(shown(journey.sme.operator, "/shipments"))[0]
    second_page = journey.plan("3.5", days=1)
    board = shown(journey.sme.operator, "/shipments")
    second = next(number for number in numbers(board) if number != first)
    assert numbers(board) == [second, first], "newest first"
    assert numbers(shown(journey.sme.operator, "/shipments?sort=-quantity")) == [first, second]
    assert numbers(shown(journey.sme.operator, "/shipments?sort=deliver_by")) == [second, first]
    assert numbers(shown(journey.sme.operator, f"/shipments?q={second}")) == [second]
    assert numbers(shown(journey.sme.operator, "/shipments?q=jiangnan cable")) == [second, first]
    journey.go("pickup")
    assert numbers(shown(journey.sme.operator, "/shipments?status=PICKED_UP,IN_TRANSIT,ARRIVED")) == [first]
    assert numbers(shown(journey.sme.operator, "/shipments?status=PLANNED")) == [second]
    sheet = journey.sme.operator.browser().get("/shipments.csv?status=PLANNED").text.lstrip("\ufeff")
    [row] = csv.DictReader(io.StringIO(sheet))
    assert (row["number"], row["quantity"], row["status"]) == (second, "3.500", "PLANNED")
    assert "Nothing matches" in shown(journey.sme.operator, "/shipments?q=zinc")
    assert second_page != journey.page


def test_what_is_late_is_marked_until_it_is_there(journey: Journey) -> None:
    journey.go("pickup")
    assert numbers(shown(journey.carrier.operator, "/shipments?status=LATE")) == []
    journey.world.advance(timedelta(days=3))
    late = shown(journey.carrier.operator, "/shipments?status=LATE")
    assert len(numbers(late)) == 1
    assert "Behind time" in late
    assert "Behind its time" in shown(journey.carrier.operator, journey.page)
    assert "/shipments?status=LATE" in shown(journey.carrier.operator, "/")
    for step, place in (("depart", "Beilun"), ("arrive", "Suzhou")):
        journey.act(journey.carrier.operator, "milestones", step=step, place=place)
    journey.act(journey.buyer.operator, "delivery", received="10", receiver="Qian", seals_seen="C1, C2")
    assert numbers(shown(journey.carrier.operator, "/shipments?status=LATE")) == []
    assert "Behind its time" not in shown(journey.carrier.operator, journey.page), "it is there"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_finished_journey_is_read_without_codes(journey: Journey, language: str) -> None:
    journey.go("delivery")
    for firm in (journey.sme, journey.warehouse, journey.carrier, journey.buyer, journey.parties.bank):
        text = main_of(shown(firm.operator, f"{journey.page}?lang={language}"))
        assert not UUID_TEXT.search(text)
        assert not re.search(r"reach_milestone|\bdepart\b|IN_TRANSIT|PICKED_UP|None", text)
        assert "9.995" in text
        assert "−0.005" in text
        assert "0.05%" in text
        assert "Rain on the road." in text
        assert "Jiaxing" in text
    told = main_of(shown(journey.sme.operator, f"{journey.page}?lang={language}"))
    assert ("arrived at Suzhou" if language == "en" else "已到达 Suzhou") in told
    assert ("under the bank" if language == "en" else "依据银行放货指令") in told


def test_lot_and_order_are_linked_only_for_those_who_may_open_them(journey: Journey) -> None:
    journey.go("handout")
    for firm, sees in (
        (journey.sme, True),
        (journey.warehouse, True),
        (journey.carrier, False),
        (journey.buyer, False),
    ):
        page = shown(firm.operator, journey.page)
        for address in (f"/lots/{journey.lot.id}", f"/release-orders/{journey.order.id}"):
            assert (f'href="{address}"' in page) is sees, firm.name
            assert (firm.operator.browser().get(address).status_code == 200) is sees


def test_a_shipment_is_cancelled_with_a_reason_until_the_goods_are_out(journey: Journey) -> None:
    refused = journey.act(journey.sme.operator, "cancellation", because=" ")
    assert refused.status_code == 422
    assert "data-open-at-once" in refused.text, "the question stands open again"
    assert 'id="error-because"' in refused.text
    assert journey.act(journey.warehouse.operator, "cancellation", because="x").status_code == 403
    assert "cancelling" not in shown(journey.warehouse.operator, journey.page)
    done = journey.act(journey.carrier.operator, "cancellation", because="No lorry is free.")
    assert done.status_code == 302
    page = shown(journey.sme.operator, journey.page)
    assert "No lorry is free." in page
    assert "cancelling" not in page, "once is enough"


def test_planning_tells_what_may_leave(journey: Journey) -> None:
    page = shown(journey.sme.operator, "/shipments/new")
    assert "60.000 t may leave" in page, "40 t are free, the bank has released 20 t"
    assert journey.carrier.operator.browser().get("/shipments/new").status_code == 403
    newcomer = journey.world.firm("SME").operator
    assert "Nothing can be shipped yet" in shown(newcomer, "/shipments/new")
    assert "Goods travel in five signed steps." in shown(newcomer, "/shipments")


@pytest.mark.parametrize(
    ("received", "tone"), [("10.030", "ok"), ("9.970", "ok"), ("10.031", "danger"), ("9.969", "danger")]
)
def test_a_difference_is_red_just_where_the_delivery_is_disputed(received: str, tone: str) -> None:
    difference = difference_of(Shipment(handed_over=Decimal("10.000"), received=Decimal(received)))
    assert difference
    assert difference["tone"] == tone
    assert difference["tolerance"] == TOLERANCE_SHARE


def test_strangers_see_no_shipment(journey: Journey) -> None:
    stranger = journey.world.firm("LOGISTICS").operator
    assert stranger.browser().get(journey.page).status_code == 404
    assert numbers(shown(stranger, "/shipments")) == []
    assert journey.lot.number not in stranger.browser().get("/shipments.csv").text
