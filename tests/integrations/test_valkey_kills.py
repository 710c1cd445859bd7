"""Valkey killed with -9 in the middle of a bidding storm: it carries hints and nothing else, so every bid is answered, kept and counted as if it stood."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from integrations.auction_hints import HintAnnouncer
from integrations.local.valkey import Valkey
from marketplace.disposal import ports
from marketplace.disposal.bidding import Combiner
from tests.factories import World
from tests.integrations.devices.mqtt_world import until
from tests.integrations.local.running import running
from tests.integrations.test_bell_kills import (  # fmt: skip
    Journal,
    at_the_bell,
    let_loose,
    require_honest_until_the_halt,
    require_won_by_the_highest,
)

pytestmark = pytest.mark.stack
BIDDERS, BEFORE, AFTER = 6, 40, 60


@pytest.fixture
def announcer() -> Iterator[None]:
    before = list(ports._announcers)
    yield
    ports._announcers[:] = before


def test_kill_9_of_valkey_in_a_storm_loses_doubles_and_holds_up_no_bid(
    world: World, tmp_path: Path, announcer: None
) -> None:
    sale, journal, combiner, over = at_the_bell(world, BIDDERS), Journal(), Combiner(), Event()
    made = Valkey(tmp_path / "home")
    with running(made.child(), tmp_path / "valkey.log") as process:
        ports.announce_by(HintAnnouncer(made.url()))
        threads = let_loose(world, sale, journal, combiner, over)
        try:
            assert until(lambda: len(journal.answered) >= BEFORE, 60)
            process.kill()
            process.wait()
            seen = len(journal.answered)
            assert until(lambda: len(journal.answered) >= seen + AFTER, 60), "bids go on without it"
        finally:
            over.set()
            for thread in threads:
                thread.join()
            combiner.close()
    assert journal.unanswered == []
    journal.require_kept(sale)
    require_honest_until_the_halt(sale)
    require_won_by_the_highest(sale)
