"""The order of the chapters."""

from collections.abc import Callable

from integrations.demo import fees, goods, lending, market, room, sale, trades
from integrations.demo.story import Story

RELEASE_DAY = 6

CHAPTERS: tuple[Callable[[Story], None], ...] = (
    fees.publish_plan,
    lending.open_prices,
    goods.list_goods,
    goods.put_under_watch,
    room.hand_out_phone,
    lending.lend,
    trades.buy,
    lambda story: story.pass_days(RELEASE_DAY),
    goods.release_and_ship,
    trades.sell,
    goods.ring_the_alarm,
    lending.meet_calls,
    lending.declare_default,
    market.wish,
    sale.sell,
    sale.deliver,
    sale.share_out,
    fees.book_payments,
    market.open_talks,
    market.talk,
    market.offer_stock,
    room.open_room,
)


def tell(story: Story) -> None:
    """The whole story, chapter by chapter."""
    for chapter in CHAPTERS:
        chapter(story)
