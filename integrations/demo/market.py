"""Chapters of the market: a buyer's wish, the rest of the goods sold by talks, stock that a firm shows to all banks."""

from datetime import datetime, timedelta
from decimal import Decimal

from integrations.demo import goods, room
from integrations.demo.line import round_figure, yuan
from integrations.demo.prices import DAYS
from integrations.demo.story import Story

FLOOR, BUYER, SELLER, DEALER = (Decimal(share) for share in ("0.85", "0.89", "0.96", "0.92"))  # of today's worth
ANSWER_MINUTES = 5 * 24 * 60
STRIP = Decimal(24)


def wish(story: Story) -> None:
    """A buyer saves what it looks for, and is told at once when such goods come up for sale."""
    story.line.post("buyer", "/searches", {"name": f"{goods.CATHODE} · {story.mark}", "q": "阴极铜"})
    story.say("Wished for: the buyer saves a search for cathode copper.")


def open_talks(story: Story) -> None:
    """The bank puts the rest of the goods up for talks, with four eyes; the pledgor agrees to the floor; who wished for them is asked in."""
    line, lot = story.line, story.lots[1]
    floor = round_figure(_worth(story) * FLOOR)
    opens = (line.now + timedelta(days=8)).replace(hour=2, minute=0, second=0, microsecond=0)
    terms = {
        "lot_id": lot["id"],
        "regime": "AGREED_ONLINE",
        "method": "NEGOTIATED",
        "start_price": yuan(floor),
        "step": yuan(round_figure(floor / 200)),
        "deposit": yuan(round_figure(floor / 10)),
        "answer_minutes": ANSWER_MINUTES,
        "opens_at": opens.isoformat(),
        "closes_at": (opens + timedelta(days=30)).isoformat(),
        "authority": "Pledge contract 8.3: sale by agreement",
    }
    line.post("officer", f"/deals/{story.deal}/disposals", terms)
    line.approve("approver", "approve_disposal")
    line.settle()
    story.talks = line.get("officer", "/auctions")["items"][0]["auction_id"]
    sale = f"/auctions/{story.talks}"
    line.post("sme", f"{sale}/floor/answer", {"agree": True})
    line.post("buyer", f"/listings/{story.talks}/watch")
    asked = line.post("officer", f"/listings/{story.talks}/invitations")["invited"]
    for who in ("buyer", "dealer"):
        bidder = line.post(who, f"{sale}/registration")["bidder_id"]
        line.post("officer", f"{sale}/deposits", {"bidder_id": bidder, "reference": f"TALK-{who}"})
    line.settle()
    story.say(f"Put up for talks: what is left, from CNY {floor:,.2f}; {asked} firm that wished for it is asked in.")


def talk(story: Story) -> None:
    """Time goes on until the rooms are open; two buyers offer, the bank counters one of them with four eyes. All stays open, to be answered."""
    line = story.line
    opens = datetime.fromisoformat(line.get("officer", f"/auctions/{story.talks}")["opens_at"])
    story.pass_days(max(DAYS, (opens - story.began).days + 1))
    worth = _worth(story)
    _offer(story, "buyer", worth * BUYER, seen=0, words="自提，十日内付清。 Own trucks, paid within ten days.")
    _offer(story, "officer", worth * SELLER, seen=1, words="按今日现货价。 At today's spot price.")
    line.approve("approver", "approve_bargain")
    _offer(story, "dealer", worth * DEALER, seen=0, words="整批购买。 All of it at once.")
    line.settle()
    story.say("Talked: an offer and the bank's counter-offer in one room, an offer that waits for its answer in the other.")  # fmt: skip


def _offer(story: Story, who: str, amount: Decimal, *, seen: int, words: str) -> None:
    """One word in the first room, or the dealer's own."""
    line, sale = story.line, f"/auctions/{story.talks}/talks"
    mine = line.get("buyer" if who == "officer" else who, sale)["items"][0]["room_id"]
    said = {"amount": f"{round_figure(amount):.2f}", "seen": seen, "delivery": "北仑自提 Ex warehouse, Beilun"}
    line.post(who, f"{sale}/{mine}/offers", said | {"words": words})


def _worth(story: Story) -> Decimal:
    """Of what is left, today."""
    return Decimal(story.line.get("officer", f"/lots/{story.lots[1]['id']}")["verified"]["amount"]) * story.price()


def offer_stock(story: Story) -> None:
    """Another firm shows a lot to all banks; two of them answer."""
    maker = room.as_maker(story)
    maker.mark = f"{story.mark}S"
    goods.name_product(maker, name="紫铜带 Copper strip", grade="C11000", hs_code="7409110000")
    lot, line = goods.take_in(maker, STRIP, maker.bays[3], maker.mark), maker.line
    wanted = round_figure(STRIP * story.price() * Decimal("0.6"))
    offered = {"lot_id": lot["id"], "amount": yuan(wanted), "tenor_days": 120, "shown_days": 45, "words": "旺季备货。 Stock for the high season."}  # fmt: skip
    stock = f"/stock/{line.post('sme', '/stock-offers', offered)['id']}/interest"
    line.settle()
    line.post("officer", stock, {"amount": yuan(wanted), "annual_rate": "0.0435", "words": "可当周放款。 Paid out within the week."})  # fmt: skip
    line.post("rival", stock, {"amount": yuan(round_figure(wanted * Decimal("0.8"))), "annual_rate": "0.0410"})
    line.settle()
    story.line.calls += line.calls
    story.say(f"Shown to all banks: {lot['number']}, {STRIP:.3f} t; two of them would look at lending on it.")
