"""A lot's life as a file and as a call: whoever may see the lot gets what it may read of its record, and nobody else anything."""

import json

from tenants.record import chain_of
from tests.factories import World
from tests.marketplace.financing.makers import a_running_loan


def test_owner_and_bank_each_get_their_part_of_a_lots_life(world: World) -> None:
    deal = a_running_loan(world)
    lot = deal.lots[0]
    file = deal.sme.operator.browser().get(f"/lots/{lot.id}/epcis.json")
    assert file.mimetype == "application/ld+json"
    life = json.loads(file.text)
    steps = [one["bizStep"] for one in life["epcisBody"]["eventList"]]
    assert steps == ["commissioning", "receiving", "accepting", "reserving", "holding"]
    with deal.sme.operator.ws(read_only=True) as ws:
        hashes = {line["hash"] for line in chain_of(ws, lot.id)}
    assert {one["house:hash"] for one in life["epcisBody"]["eventList"]} <= hashes
    banks = deal.bank.operator.call("GET", f"/lots/{lot.id}/epcis").json
    assert [one["bizStep"] for one in banks["epcisBody"]["eventList"]] == [
        *steps[:3],
        "holding",
    ]  # its own pledge, not the promise before it
    assert banks["@context"] == life["@context"]
    stranger = world.firm("SME").operator
    assert stranger.call("GET", f"/lots/{lot.id}/epcis").status_code == 404
    assert stranger.browser().get(f"/lots/{lot.id}/epcis.json").status_code == 404
