"""Chapters of the money: prices, the loan, the calls that a falling price brings, and the default."""

from datetime import timedelta
from decimal import Decimal

from integrations.demo.line import round_figure, yuan
from integrations.demo.prices import AFTER_RELEASE, INITIAL, LIQUIDATION
from integrations.demo.story import CODE, Story

LATEST_CALL_DAY = 72  # later than this there is no time left to sell within the story


def open_prices(story: Story) -> None:
    """The bank takes in the history of prices up to today."""
    today = story.line.now.date()
    history = {day: price for day, price in sorted(story.market.prices.items()) if day <= today}
    quotes = [{"on": day.isoformat(), "price": str(price)} for day, price in history.items()]
    story.line.post("officer", f"/prices/{CODE}/quotes", {"quotes": quotes})
    story.say(f"Prices: {len(quotes)} days of history, CNY {story.price():,.2f} a tonne today.")


def lend(story: Story) -> None:
    """Request, offer, acceptance, second officer, control, conditions, drawdown: each by the party that may."""
    tonnage = sum((Decimal(lot["verified"]["amount"]) for lot in story.lots), Decimal(0))
    worth = tonnage * story.market.lendable(story.line.now.date())
    limit = round_figure(worth * AFTER_RELEASE)
    _agree(story, limit)
    _back(story, limit)
    _take_control(story)
    _draw(story, limit)
    story.say(f"Lent: CNY {limit:,.2f} on goods worth CNY {worth:,.2f}; pledged once, and nobody else can.")


def _agree(story: Story, limit: Decimal) -> None:
    line = story.line
    request = {
        "bank_id": str(line.stage["officer"].firm_id),
        "core_id": str(line.stage["treasurer"].firm_id),
        "amount": yuan(limit),
        "tenor_days": 180,
        "purpose": "Copper for the cable works",
        "goods": [{"lot_id": lot["id"], "quantity": lot["verified"]} for lot in story.lots],
    }
    story.deal = line.post("sme", "/deals", request)["id"]
    line.get("rival", f"/deals/{story.deal}", expect=404)
    offer = {
        "limit": yuan(limit),
        "annual_rate": "0.0435",
        "day_count": "ACT/360",
        "tenor_days": 180,
        "valid_until": (line.now + timedelta(days=14)).isoformat(),
        "fee": yuan(round_figure(limit / 1000)),
        "devices_required": story.needs_devices,
        **_lines(story.market.call_line),
    }
    line.post("officer", f"/deals/{story.deal}/offers", offer)
    line.post("sme", f"/deals/{story.deal}/acceptance")
    line.post("officer", f"/deals/{story.deal}/approval")
    proposal = line.get("officer", "/approvals")["items"][-1]["id"]
    line.post("officer", f"/approvals/{proposal}/approval", expect=403)  # nobody approves what they proposed
    line.approve("approver", "approve_deal")


def _back(story: Story, limit: Decimal) -> None:
    """The buyer of the cable works undertakes to buy goods back for a fifth of the limit; two of its people give their word."""
    line = story.line
    undertaking = {
        "kind": "BUY_BACK",
        "amount": yuan(round_figure(limit / 5)),
        "until": (line.now + timedelta(days=180)).date().isoformat(),
        "pay_days": 5,
        "subject": "Framework contract JN-2026-118",
    }
    asked = line.post("officer", f"/deals/{story.deal}/guarantees", undertaking)
    line.post("treasurer", f"/guarantees/{asked['id']}/giving")
    line.approve("financier", "approve_guarantee")


def _lines(call: Decimal) -> dict[str, str]:
    """The agreed lines; the warning stands half way to the call."""
    lines = {"initial": INITIAL, "warn": (INITIAL + call) / 2, "call": call, "liquidation": LIQUIDATION}
    return {f"ltv_{name}": str(share) for name, share in lines.items()} | {"haircut": "0.20"}


def _take_control(story: Story) -> None:
    """The supervisor states that the goods are under control, the bank accepts it with four eyes, the papers are there."""
    line, deal = story.line, f"/deals/{story.deal}"
    if story.agree:
        story.agree(story)
    statement = "Keys with us, bays A-01 and A-02 marked, exits by release order only."
    line.post("inspector", f"{deal}/control-records", {"statement": statement})
    line.post("officer", f"{deal}/control-acceptance")
    line.approve("approver", "accept_control")
    until = (line.now + timedelta(days=365)).date().isoformat()
    insured = {"kind": "INSURANCE", "reference": "PICC-2026-778201", "valid_until": until}
    line.post("officer", f"{deal}/conditions", insured)
    line.post("officer", f"{deal}/conditions", {"kind": "ACCOUNT", "reference": "3310 2266 0091"})
    line.settle()


def _draw(story: Story, limit: Decimal) -> None:
    line = story.line
    wish = {
        "amount": yuan(limit),
        "payee": "Jiangxi Smelting",
        "payee_account": "6222 0200 1188",
        "purpose": "Cathode, contract JX-118",
    }
    draw = f"/drawdowns/{line.post('sme', f'/deals/{story.deal}/drawdowns', wish)['id']}"
    line.post("officer", f"{draw}/approval")
    line.approve("approver", "approve_drawdown")
    line.post("officer", f"{draw}/payment", {"bank_reference": f"HVPS-{story.began:%Y%m%d}-0091"})
    line.settle()


def meet_calls(story: Story) -> None:
    """The price falls. The first call is cured with cash in time; the next one nobody answers."""
    story.pass_days(LATEST_CALL_DAY, stop=lambda: bool(story.open_call()))
    _cure(story)
    story.pass_days(LATEST_CALL_DAY, stop=lambda: story.call_status() == "ESCALATED")
    story.say(f"Called again, unanswered: {story.call_status() or 'no call'}.")


def _cure(story: Story) -> None:
    line, call = story.line, story.open_call()
    if call is None:
        raise AssertionError(f"no margin call by day {story.day}")
    line.post("sme", f"/margin-calls/{call['id']}/acceptance")
    paid = {"amount": call["cash"], "reference": "HVPS-CURE-1"}
    line.post("officer", f"/deals/{story.deal}/repayments", paid)
    line.settle()
    status = line.get("officer", f"/margin-calls/{call['id']}")["status"]
    story.cured += status == "CURED"
    story.say(f"Called: CNY {Decimal(call['cash']['amount']):,.2f} of cash answered it in time ({status}).")


def declare_default(story: Story) -> None:
    """The bank declares default, with four eyes; the pledge is enforced."""
    story.line.post("officer", f"/deals/{story.deal}/default", {"because": "Margin call expired uncured."})
    story.line.approve("approver", "approve_default")
    story.line.settle()
    status = story.line.get("officer", f"/deals/{story.deal}")["status"]
    story.say(f"Declared by two officers: the deal is in {status}.")
