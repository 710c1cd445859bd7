"""Whatever is said in two rooms, and whenever: the rules let nothing through that the database has to stop, and strangers come to the same bargain."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.disposal.rules.negotiating import OfferState
from tenants.errors import Refused
from tests.factories import World
from tests.marketplace.disposal.makers import cny
from tests.marketplace.disposal.negotiating.makers import Talks, some_talks
from tests.marketplace.disposal.test_limits import recomputed

Said = tuple[str, bool, int, int, bool, int]
SAID = st.lists(
    st.tuples(
        st.sampled_from(["offer", "offer", "accept", "decline", "withdraw"]), st.booleans(), st.integers(0, 1),
        st.sampled_from([690_000, 700_000, 800_000, 900_000]), st.booleans(), st.sampled_from([0, 0, 1, 11, 12]),
    ),
    min_size=4, max_size=12,
)  # fmt: skip


def say(talks: Talks, said: Said) -> None:
    """One act, refused or not."""
    act, by_seller, number, amount, firm, hours = said
    talks.world.advance(timedelta(hours=hours))
    buyer = talks.sale.bidders[number]
    by = talks.seller if by_seller else buyer.operator
    try:
        if act == "offer":
            talks.offer(buyer, amount, by=by, firm=firm)
        elif act == "accept":
            talks.accept(buyer, by=by, because="It will do.")
        else:
            {"decline": talks.decline, "withdraw": talks.withdraw}[act](buyer, by=by)
    except Refused:
        return


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=SAID)
def test_rules_database_and_strangers_agree(world: World, plan: list[Said]) -> None:
    talks = some_talks(world, alone=9_000_000)
    for said in plan:
        say(talks, said)
    world.set_clock(max(talks.sale.auction.ends_at, world.now))
    world.work()
    rooms, auction = talks.rooms(talks.seller), talks.sale.auction
    struck = [room.offers[-1] for room in rooms if room.states and room.states[-1] is OfferState.ACCEPTED]
    assert len(struck) <= 1
    assert auction.status == ("SOLD" if struck else "NO_SALE")
    assert auction.sold == (struck[0].amount if struck else None)
    assert all(offer.ended_at is not None and offer.ended_at < offer.expires_at for offer in struck)
    assert all(offer.amount >= cny(700_000) for room in rooms for offer in room.offers)
    assert recomputed(talks.sale)[1] == 0
