"""A card service for fees that a test can look into."""

from collections.abc import Iterator

import pytest

from tests.factories import World
from tests.marketplace.billing.makers import clear_fees
from tests.stripe_fees_fake import FakeFeeStripe, a_fake_fee_stripe


@pytest.fixture
def stripe(world: World) -> Iterator[FakeFeeStripe]:
    with a_fake_fee_stripe(world) as fake:
        yield fake
    clear_fees(world)
