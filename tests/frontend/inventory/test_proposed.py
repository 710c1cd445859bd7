"""A newer certificate as its second person reads it, by page and by call: beside what counts until now."""

from datetime import timedelta
from decimal import Decimal

from marketplace.business_days import SHANGHAI
from marketplace.inventory import actions
from tests.factories import World
from tests.frontend.forms import reads_before_deciding
from tests.marketplace.pledges.makers import the_parties


def test_a_newer_certificate_is_read_beside_what_counts_now(world: World) -> None:
    parties = the_parties(world)
    today = world.now.astimezone(SHANGHAI).date()
    day = today + timedelta(days=300)
    lot = parties.a_lot(expires_on=day, found={"moisture": Decimal("0.05"), "moisture_certificate": "CCIC-1"})
    with parties.supervisor.operator.ws() as ws:
        actions.propose_assay(ws, lot.id, certificate="CCIC-2", certified_on=today, because="Wetter than was said.", moisture=Decimal("0.09"))  # fmt: skip
    told = reads_before_deciding(
        parties.supervisor.approver, "CCIC-2", "9.00%", "until now 5.00%", "Wetter than was said."
    )
    assert told["terms"] == {
        "act": "approve_assay", "certificate": "CCIC-2", "certified_on": today.isoformat(), "moisture": "0.09", "was_moisture": "0.05000000",
        "expires_on": None, "was_expires_on": day.isoformat(), "because": "Wetter than was said.",
    }  # fmt: skip
