"""Chapters of the sale: announced, bid for live, paid, shared out and handed over."""

from datetime import datetime, timedelta
from decimal import Decimal

from integrations.demo.line import round_figure, yuan
from integrations.demo.story import Story

BIDDERS = ("buyer", "dealer", "treasurer")


def sell(story: Story) -> None:
    """Announced, registered, bid for live with a soft close, sold to the highest, paid."""
    line = story.line
    worth = Decimal(line.get("officer", f"/lots/{story.lots[0]['id']}")["verified"]["amount"]) * story.price()
    start, step = round_figure(worth * Decimal("0.80")), round_figure(worth / 200)
    opens = (line.now + timedelta(days=9)).replace(hour=2, minute=0, second=0, microsecond=0)
    _announce(story, start, step, deposit=round_figure(worth / 10), opens=opens)
    story.wait_for(opens + timedelta(minutes=1))
    _bid(story, start, step)
    line.settle()
    view = line.get("officer", f"/auctions/{story.auction}")
    if view["status"] not in {"SOLD", "PAID"}:
        raise AssertionError(f"the hammer fell and the auction is {view['status']}")
    line.post("officer", f"/auctions/{story.auction}/payment", {"reference": "HVPS-BALANCE"})
    winner = _winner(story)
    story.say(
        f"Sold to the {winner} for CNY {Decimal(view['sold']['amount']):,.2f} after {view['accepted']} bids and "
        f"{view['extensions']} extensions; paid."
    )


def _winner(story: Story) -> str:
    return next(who for who in BIDDERS if story.line.get(who, f"/auctions/{story.auction}/place")["leads"])


def _announce(story: Story, start: Decimal, step: Decimal, *, deposit: Decimal, opens: datetime) -> None:
    """The bank announces the sale with four eyes; three bidders register and pay their deposits."""
    line = story.line
    terms = {
        "lot_id": story.lots[0]["id"],
        "regime": "AGREED_ONLINE",
        "start_price": yuan(start),
        "reserve": yuan(start + step),
        "step": yuan(step),
        "deposit": yuan(deposit),
        "opens_at": opens.isoformat(),
        "closes_at": (opens + timedelta(days=1)).isoformat(),
        "authority": "Pledge contract 8.2: sale by public online bidding",
    }
    line.post("officer", f"/deals/{story.deal}/disposals", terms)
    line.approve("approver", "approve_disposal")
    line.settle()
    story.auction = line.get("officer", "/auctions")["items"][0]["auction_id"]
    for who in BIDDERS:
        bidder = line.post(who, f"/auctions/{story.auction}/registration")["bidder_id"]
        paid = {"bidder_id": bidder, "reference": f"DEP-{who}"}
        line.post("officer", f"/auctions/{story.auction}/deposits", paid)
    _keep_out_relations(story)


def _keep_out_relations(story: Story) -> None:
    """Whoever owns most of the debtor owns most of a trader too: the platform's register tells, and the trader does not bid for the debtor's goods."""
    line, father = story.line, {"owner_name": "陈伟 Chen Wei", "owner_code": "000000197203150018", "person": True}
    for who, percent in (("sme", "80"), ("affiliate", "60")):
        owners = f"/organisations/{line.stage[who].firm_id}/owners"
        if line.get("operator", owners)["items"]:
            continue  # entered when the story was told before
        stake = {
            "kind": "SHARES",
            "percent": percent,
            "since": "2019-05-06",
            "evidence": "Extract of the register of firms",
        }
        line.post("operator", owners, stake | father)
        line.approve("checker", "approve_stake")
    line.settle()
    line.post("affiliate", f"/auctions/{story.auction}/registration", expect=403)
    story.say(
        "Hengda Trading may not bid: one person owns most of it and of the debtor, as the register of owners tells."
    )


def _bid(story: Story, start: Decimal, step: Decimal) -> None:
    """Bids through the day; one in the last minutes, and one in the time that this has added."""
    line, path = story.line, f"/auctions/{story.auction}/bids"
    line.post("buyer", path, {"amount": f"{start:.2f}"})
    line.post("dealer", path, {"amount": f"{start + step / 2:.2f}"}, expect=409)  # below the next step
    for n, who in enumerate(("dealer", "treasurer", "buyer", "dealer"), 1):
        line.drive(by=timedelta(hours=3))
        line.post(who, path, {"amount": f"{start + n * step:.2f}"})
    closes = datetime.fromisoformat(line.get("officer", f"/auctions/{story.auction}")["ends_at"])
    line.drive(to=closes - timedelta(minutes=2))
    line.post("buyer", path, {"amount": f"{start + 5 * step:.2f}"})
    line.drive(to=closes + timedelta(minutes=1))
    line.post("dealer", path, {"amount": f"{start + 6 * step:.2f}"})
    line.drive(by=timedelta(minutes=11))


def deliver(story: Story) -> None:
    """The warehouse gives the goods for the buyer's code, and the buyer accepts them: until then the price is held."""
    line, sale = story.line, f"/auctions/{story.auction}"
    code = line.get("officer", f"{sale}/settlement")["collection_code"]
    line.post("keeper", f"{sale}/handover", {"code": code, "collector": "胡斌 Hu Bin"})
    story.weights.pop(story.lots[0]["id"], None)
    line.settle()
    line.post(_winner(story), f"{sale}/acceptance", {})
    story.say("Handed over against the buyer's code; the buyer has accepted the goods.")


def share_out(story: Story) -> None:
    """Costs, tax, interest, principal: in their order, to the fen, by two officers."""
    line, sale = story.line, f"/auctions/{story.auction}"
    sold = Decimal(line.get("officer", sale)["sold"]["amount"])
    costs = {"storage": yuan(round_figure(sold / 50)), "enforcement": yuan(round_figure(sold / 75))}
    rates = {"commission_rate": "0.02", "tax_rate": "0.13"}
    line.post("officer", f"{sale}/distribution", {**costs, **rates, "juniors": []})
    line.approve("approver", "approve_waterfall")
    line.settle()
    story.say("Distributed by two officers, to the fen.")
