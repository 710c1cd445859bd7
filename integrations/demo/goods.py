"""Chapters of the goods: listed and verified, put under watch, partly released and shipped, alarmed for."""

from datetime import timedelta
from decimal import ROUND_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from integrations.demo.line import tonnes, yuan
from integrations.demo.prices import AFTER_RELEASE
from integrations.demo.road import ship
from integrations.demo.story import CODE, Story

AMOUNTS = (Decimal(60), Decimal(40))
RELEASED = Decimal(10)
FEN = Decimal("0.01")
CATHODE = "阴极铜 Copper cathode"
ZONE = ZoneInfo("Asia/Shanghai")


def list_goods(story: Story) -> None:
    """The dealer names its product, the warehouse its site; two lots are declared, weighed in, inspected by two people."""
    story.mark = f"{story.began:%y%m%d%H%M}"
    name_product(story)
    _open_site(story)
    for n, amount in enumerate(AMOUNTS):
        lot = take_in(story, amount, story.bays[n], f"{story.mark}-{n + 1}")
        story.lots.append(lot)
        story.weights[lot["id"]] = amount
    numbers = ", ".join(lot["number"] for lot in story.lots)
    story.say(f"Listed and verified: {numbers} ({sum(AMOUNTS):.3f} t, from evidence).")


def name_product(story: Story, *, name: str = CATHODE, grade: str = "Cu-CATH-1", hs_code: str = "7403110000") -> None:
    """The firm puts a product of copper onto its list."""
    product = {
        "sku": f"CU-{story.mark}",
        "name": name,
        "grade": grade,
        "hs_code": hs_code,
        "unit": "TNE",
        "price_code": CODE,
    }
    story.product = str(story.line.post("sme", "/products", product)["id"])


def _open_site(story: Story) -> None:
    """A warehouse of two rows of six bays."""
    site = {
        "name": f"北仑三号库 Beilun 3 · {story.mark}",
        "address": "1 Tongshun Avenue",
        "city": "宁波",
        "latitude": "29.9320",
        "longitude": "121.8880",
        "width": "60",
        "depth": "40",
        "scale_calibrated_until": (story.began + timedelta(days=400)).isoformat(),
    }
    story.site = story.line.post("keeper", "/sites", site)["id"]
    places = (
        {"code": f"{row}-{n:02}", "x": str(9 * n - 5), "y": str(y), "width": "8", "height": "12"} for row, y in (("A", 6), ("B", 25)) for n in range(1, 7)
    )  # fmt: skip
    story.bays = [story.line.post("keeper", f"/sites/{story.site}/bins", place)["id"] for place in places]


def take_in(story: Story, amount: Decimal, bay: str, mark: str) -> dict[str, Any]:
    """One lot: declared by its owner, weighed in by the warehouse, counted by one inspector and confirmed by another."""
    line = story.line
    declared = {
        "product_id": story.product,
        "quantity": tonnes(amount),
        "site_id": story.site,
        "supervisor_id": str(line.stage["inspector"].firm_id),
        "reference": f"PO-{mark}",
    }
    lot = f"/lots/{line.post('sme', '/lots', declared)['id']}"
    line.drive(by=timedelta(minutes=40))
    weighed = {"gross": tonnes(amount + 16), "tare": tonnes("16"), "vehicle": "浙B·7A213", "ticket": f"WB-{mark}"}
    line.post("keeper", f"{lot}/receipt", {**weighed, "bin_id": bay})
    counted = {"counted": tonnes(amount), "passed": True, "note": "Counted bundle by bundle."}
    line.post("inspector", f"{lot}/inspections", counted)
    line.approve("controller", "approve_inspection")
    verified: dict[str, Any] = line.get("sme", lot)
    return verified


def put_under_watch(story: Story) -> None:
    """The supervisor enrols scale, climate sensor and door contact of the first lot; they begin to report over MQTT."""
    story.line.drive(by=timedelta(minutes=20))
    until = (story.began + timedelta(days=300)).date().isoformat()
    story.watch.enrol(story.lots[0]["id"], story.lots[0]["number"], calibrated_until=until)
    story.report()
    story.say("Three devices with keys of their own watch the first lot.")


def release_and_ship(story: Story) -> None:
    """Cash for goods: the dealer repays, the bank orders a release with four eyes, the carrier takes the goods on two signatures and by a way that the supervisor accepted."""
    line, lot = story.line, story.lots[1]["id"]
    line.post(
        "officer", f"/deals/{story.deal}/repayments", {"amount": yuan(_to_repay(story)), "reference": "HVPS-REPAY-1"}
    )
    line.settle()
    body = {"lot_id": lot, "quantity": tonnes(RELEASED), "because": "Sold to Jiangnan Cable; repaid in cash."}
    line.post("officer", f"/deals/{story.deal}/release-orders", body)
    line.approve("approver", "approve_release")
    ship(story, lot, line.get("keeper", "/release-orders")["items"][0]["id"], RELEASED)
    story.weights[lot] -= RELEASED
    story.say(
        f"Released and delivered: {RELEASED:.3f} t under the bank's order, within the accepted corridor, two seals whole."
    )


def _to_repay(story: Story) -> Decimal:
    """What the goods that leave were lent on, and what a lower price asks for on top of it."""
    position = story.line.get("officer", f"/deals/{story.deal}/position")
    owed, value = Decimal(position["outstanding"]["amount"]), Decimal(position["market_value"]["amount"])
    leaving = RELEASED / sum(AMOUNTS)
    stays = min(owed, value * AFTER_RELEASE) * (1 - leaving)
    return (owed - stays).quantize(FEN, ROUND_UP)


def ring_the_alarm(story: Story) -> None:
    """A door opens at night and half a tonne is gone from the scale: the alarm rings, people look, the loss is real or it is not."""
    line, lot = story.line, story.lots[0]["id"]
    at = line.drive(to=line.now.replace(hour=17, minute=0, second=0) + timedelta(days=1))
    story.watch.report(at, story.weights[lot] - Decimal("0.500"), door_open=True)
    story.watch.settle()
    line.settle()
    rung = [one for one in line.get("inspector", "/alarms")["items"] if one["lot_id"] == lot and not one["closed_at"]]
    if not rung:
        raise AssertionError("half a tonne is gone and no alarm rang")
    looks = f"/alarms/{rung[0]['id']}/looks"
    line.drive(by=timedelta(minutes=3))
    line.post("inspector", looks, {"how": "seen", "saw": "Guard on the way; video shows a forklift leaning on the scale."})  # fmt: skip
    line.drive(by=timedelta(minutes=10))
    line.post("inspector", looks, {"how": "on_site", "saw": "The forklift is off the scale; every bundle is there."})
    story.report()
    for alarm in rung:
        _close(story, alarm["id"])
    kinds = ", ".join(sorted(alarm["type"] for alarm in rung))
    story.say(f"Rang at night: {kinds}; looked into, closed with evidence.")


def _close(story: Story, alarm_id: str) -> None:
    line = story.line
    if line.get("inspector", f"/alarms/{alarm_id}")["cleared_at"] is None:
        line.post("inspector", f"/alarms/{alarm_id}/clearance")
    note = {
        "disposition": "FALSE",
        "note": "Forklift on the weighing platform; goods counted, complete.",
        "evidence": ["video 2026-CAM-3", "count sheet 118"],
    }
    line.post("inspector", f"/alarms/{alarm_id}/closing", note)
    line.settle()
