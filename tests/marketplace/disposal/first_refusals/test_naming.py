"""Rights are named with the proposal and published by a second officer; what cannot be such a right is refused by name."""

from dataclasses import replace

import pytest

from marketplace.disposal.first_refusals.queries import rights_in
from marketplace.disposal.rules.first_refusals import FirstRefusal, require_rights
from tenants.errors import Refused
from tests.factories import World
from tests.marketplace.disposal.first_refusals.makers import a_right
from tests.marketplace.disposal.makers import a_bad_loan, an_enforced_sale, propose_sale
from tests.tenants.ownership.makers import a_code, with_code

RIGHT = FirstRefusal("91350100M000100Y43", 1, "Co-owner by shares", "Agreement of 2025-03-01")


@pytest.mark.parametrize(
    ("rights", "open_bids", "code"),
    [
        ([RIGHT], False, "right_needs_open_bids"),
        ([replace(RIGHT, code=f"{n}") for n in range(21)], True, "too_many_rights"),
        ([RIGHT, replace(RIGHT, order=2)], True, "right_named_twice"),
        ([replace(RIGHT, order=0)], True, "right_order_wrong"),
        ([replace(RIGHT, order=21)], True, "right_order_wrong"),
        ([replace(RIGHT, ground="x")], True, "right_unfounded"),
        ([replace(RIGHT, evidence="x" * 201)], True, "right_unfounded"),
    ],
)
def test_refuses_what_is_no_such_right(rights: list[FirstRefusal], open_bids: bool, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        require_rights(rights, bids_are_open=open_bids)
    assert refusal.value.code == code


def test_a_right_is_a_right_and_none_needs_no_open_bids() -> None:
    require_rights([RIGHT, replace(RIGHT, code="other", order=20)], bids_are_open=True)
    require_rights([], bids_are_open=False)


def test_two_officers_name_a_holder_and_its_workspace_hears_of_it(world: World) -> None:
    deal, holder = a_bad_loan(world), world.firm("BUYER")
    strange = replace(RIGHT, code=a_code())
    for rights, code in (((strange,), "right_holder_unknown"), ((replace(RIGHT, code=with_code(deal.sme)),), "party_barred")):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            propose_sale(deal, first_refusals=rights)
        assert refusal.value.code == code
    sale = an_enforced_sale(world, deal=deal, first_refusals=(a_right(holder),)).sale
    with holder.operator.ws(read_only=True) as ws:
        [published] = rights_in(ws, sale.auction)
        assert (published.organisation, published.rank) == (holder.name, 1)
    heard = "select e.kind from house.feed_item f join house.event e on e.stream_id = f.stream_id and e.sequence = f.sequence where f.tenant_id = %s"
    assert ("FirstRefusalPublished",) in world.admin.execute(heard, (holder.tenant_id,)).fetchall()
