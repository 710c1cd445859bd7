"""A lot's life in EPCIS 2.0: every kind of fact about goods has its step, and what is told is what the standard's words mean."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from marketplace.inventory.conversions import events as conversion_events
from marketplace.inventory.handing_out import events as handing_out_events
from marketplace.inventory.items import events as item_events
from marketplace.inventory.rules.epcis import CONTEXT, STEPS, Goods, Recorded, document
from tenants.events import KINDS

ROOMS = (conversion_events, handing_out_events, item_events)  # loaded, so that their kinds are known

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LINK, ROOM = "https://id.gs1.org/01/06901234000016/10/L1", "https://id.gs1.org/414/6901234000023"
GOODS = Goods(LINK, {"C-1": "https://id.gs1.org/01/06901234000016/21/C-1"}, ROOM, "https://house.test/epcis/")
# CBV 2.0, sections 7.1 and 7.2, those that the table uses.
BUSINESS_STEPS = {"accepting", "commissioning", "creating_class_instance", "departing", "holding", "inspecting", "receiving", "repackaging", "reserving", "stock_taking", "storing", None}  # fmt: skip
DISPOSITIONS = {"active", "available", "conformant", "in_progress", "in_transit", "mismatch_instance", "mismatch_quantity", "non_conformant", "reserved", "retail_sold", "returned", "sellable_not_accessible", "unavailable", None}  # fmt: skip


def told(kind: str, **facts: Any) -> dict[str, Any]:
    events = document(GOODS, [Recorded(UUID(int=1), kind, AT, facts, 4, "ab" * 32)], AT)["epcisBody"]["eventList"]
    return events[0] if events else {}


def tonnes(amount: str, unit: str = "TNE") -> dict[str, str]:
    return {"amount": amount, "unit": unit}


@pytest.mark.parametrize("kind", STEPS)
def test_each_row_is_a_fact_of_ours_and_words_of_the_standard(kind: str) -> None:
    step, fields = STEPS[kind], KINDS[kind].__dataclass_fields__
    assert (step.business in BUSINESS_STEPS, step.disposition in DISPOSITIONS) == (True, True)
    assert {name for name in (step.quantity, step.serials) if name} <= set(fields)
    assert not step.turns or "conversion_id" in fields


def test_goods_that_come_in_are_a_class_with_a_quantity() -> None:
    event = told("LotReceived", net=tonnes("498.750"))
    assert event["quantityList"] == [{"epcClass": LINK, "quantity": 498.75, "uom": "TNE"}]
    assert (event["type"], event["action"], event["bizStep"]) == ("ObjectEvent", "OBSERVE", "receiving")
    assert (event["eventTime"], event["eventTimeZoneOffset"]) == ("2026-03-02T01:30:00.000Z", "+08:00")
    assert event["readPoint"] == event["bizLocation"] == {"id": ROOM}
    assert (event["house:sequence"], event["house:hash"]) == (4, "ab" * 32)


def test_pieces_have_no_unit_and_whole_figures_no_point() -> None:
    assert told("LotVerified", verified=tonnes("240.000", "H87"))["quantityList"] == [
        {"epcClass": LINK, "quantity": 240}
    ]


def test_an_item_is_named_by_its_serial() -> None:
    assert told("ItemReceived", serial="C-1")["epcList"] == ["https://id.gs1.org/01/06901234000016/21/C-1"]
    assert told("ItemsLeft", serials=["C-1", "C-9"])["epcList"] == ["https://id.gs1.org/01/06901234000016/21/C-1"]


def test_what_has_left_lies_nowhere_here() -> None:
    assert "bizLocation" not in told("LotDeparted", departed=tonnes("5"))


def test_goods_that_become_others_are_tied_by_their_plan() -> None:
    plan = str(UUID(int=9))
    ends = told("LotSplit", conversion_id=plan, quantity=tonnes("10"))
    begins = told("LotMade", conversion_id=plan, quantity=tonnes("4"))
    assert ends["type"] == begins["type"] == "TransformationEvent"
    assert ends["transformationID"] == begins["transformationID"] == f"urn:uuid:{plan}"
    assert (ends["inputQuantityList"][0]["quantity"], begins["outputQuantityList"][0]["quantity"]) == (10, 4)
    assert "action" not in ends


def test_plans_and_consents_are_no_events_of_goods() -> None:
    assert told("ConversionProposed") == {}
    assert document(GOODS, [], AT)["@context"] == [CONTEXT, {"house": "https://house.test/epcis/"}]
