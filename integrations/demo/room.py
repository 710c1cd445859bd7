"""The last chapter, the supervision room as a newcomer finds it: a second firm's goods on a floating pledge that asks for devices, a camera over them from which
a bag is taken, two officers at the desk, a patrol that one of them walks and one that nobody finishes.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.signing import SigningKey

from integrations.demo import goods, lending
from integrations.demo.devices import Watch
from integrations.demo.line import Line, tonnes, yuan
from integrations.demo.story import Story
from integrations.devices.rendered import Bay, Fault, faults_of
from integrations.devices.simulator import SimulatedDevice
from marketplace.patrols.rules.scans import FORM, SCHEME, shown
from marketplace.pledges.rules.papers import Clause

AMOUNT, FLOOR = Decimal(48), Decimal(30)
BAGS = tuple(range(1, 9))
FRAME_SECONDS = 3600  # how often it promises a picture; the story sends one every ten minutes
HOURS = (8, 3)  # of a shift; how many shifts are planned
CHECKPOINTS = (("东门 East gate", 58, 20), ("A 区北侧 North of A", 30, 3), ("西墙 West wall", 2, 20), ("南门 South gate", 30, 38), ("中通道 Middle aisle", 30, 21))  # fmt: skip


def hand_out_phone(story: Story) -> None:
    """The officers' phone is enrolled at once: a key that is younger than a day would leave a doubt."""
    story.phone = Phone(story.line)


def open_room(story: Story) -> None:
    """Goods, deal and devices; then the desk, the patrols, and last what the camera sees."""
    room = as_maker(story)
    goods.name_product(room)
    room.lots.append(goods.take_in(room, AMOUNT, room.bays[2], f"{room.mark}-R"))
    room.weights[room.lots[0]["id"]] = AMOUNT
    room.watch.enrol(room.lots[0]["id"], room.lots[0]["number"], calibrated_until=(room.line.now + timedelta(days=300)).date().isoformat())  # fmt: skip
    room.report()
    camera = Camera(room, lambda time: room.line.drive(by=time))
    camera.begin()
    camera.watch_on(3)  # a bank that lends on devices wants to have heard of them for a while
    lending.lend(room)
    desk = Desk(room.line)
    desk.man()
    room.say(f"Two officers at the desk for {HOURS[0] * HOURS[1]} hours, no minute uncovered.")
    _walk_rounds(room, desk)
    camera.pass_by = desk.pass_by
    camera.see_a_theft()
    story.line.calls += room.line.calls


def as_maker(story: Story) -> Story:
    """The same house, another firm: its calls are those of its own people."""
    line = replace(story.line, stage={**story.line.stage, "sme": story.line.stage["maker"]}, calls=0)
    watch = Watch(line, story.watch.memory, story.watch.publisher, story.watch.firm_id)
    return replace(story, line=line, watch=watch, lots=[], weights={}, deal="", agree=agree_on_a_floor, needs_devices=True)  # fmt: skip


def agree_on_a_floor(story: Story) -> None:
    """The three parties sign that goods may come and go above a floor, under devices: the bank with four eyes, then firm and supervisor."""
    line, deal = story.line, f"/deals/{story.deal}"
    agreement = {
        "mode": "FLOATING", "keys_with": "中正监管 Zhongzheng Supervision", "report_days": 1, "liability_cap": yuan("2000000.00"),
        "clauses": [clause.value for clause in Clause], "floor": tonnes(FLOOR),
        "description": "Cathode copper Cu-CATH-1 in bays A-01 to A-06, whatever lot.",
    }  # fmt: skip
    line.post("officer", f"{deal}/agreements", agreement)
    line.approve("approver", "approve_agreement")
    for who in ("sme", "inspector"):
        line.post(who, f"{deal}/agreement-signature")


@dataclass
class Camera:
    """A camera over the bay: eight bags with marker cards, drawn by rule, signed and sent as any camera's pictures."""

    story: Story
    pass_by: Callable[[timedelta], datetime]
    device: SimulatedDevice = field(init=False)

    def begin(self) -> None:
        """It is enrolled and put over the goods; its first picture is accepted as the scene."""
        line, lot, key = self.story.line, self.story.lots[0], SigningKey.generate()
        enrolled = {"kind": "camera", "name": "A-03 camera 摄像机", "public_key": bytes(key.verify_key).hex(), "interval_seconds": FRAME_SECONDS}  # fmt: skip
        made = line.post("inspector", "/devices", enrolled)
        line.post("inspector", f"/devices/{made['id']}/attachments", {"lot_id": lot["id"]})
        self.device = SimulatedDevice(UUID(made["id"]), self.story.watch.firm_id, key)
        self.show([line.now])
        frame = line.get("inspector", f"/cameras/{made['id']}")["newest"]
        marks = [{"mark": f"TAG:{card}", "label": f"Bag {card}"} for card in BAGS]
        line.post("inspector", f"/cameras/{made['id']}/scene", {"frame_id": frame["id"], "marks": marks})

    def show(self, moments: list[datetime], taken: tuple[int, ...] = ()) -> None:
        """Pictures of these moments; `taken`: bags that are gone by then."""
        watch = self.story.watch
        fault = Fault("taken", [(moments[0], moments[-1] + timedelta(days=1))], taken)
        view = faults_of([fault] if taken else [], Bay(BAGS, seed=8))
        for at in moments:
            watch.publisher.send(watch.memory.keep(self.device, self.device.frame(view.picture(at), at)))
        watch.settle()
        watch.sent += len(moments)

    def watch_on(self, hours: int) -> None:
        """So many quiet hours: a picture every ten minutes, and what the other devices say at their end."""
        for _ in range(hours):
            now = self.pass_by(timedelta(hours=1))
            self.show([now - timedelta(minutes=back) for back in range(50, -1, -10)])
        self.story.report()

    def see_a_theft(self) -> None:
        """A quiet hour; then a bag is gone from the view."""
        line, lot = self.story.line, self.story.lots[0]["id"]
        self.show([line.now])  # before it is called silent
        self.watch_on(1)
        now = self.pass_by(timedelta(minutes=10))
        self.show([now - timedelta(seconds=back) for back in (40, 20, 0)], taken=(6,))
        line.settle()
        rung = [one for one in line.get("inspector", "/alarms")["items"] if one["lot_id"] == lot and not one["closed_at"]]  # fmt: skip
        if not rung:
            raise AssertionError("a bag is gone from the picture and no alarm rang")
        self.story.say(f"Seen by the camera: {', '.join(sorted(one['type'] for one in rung))}; open, for you to look into.")  # fmt: skip


@dataclass
class Desk:
    """Two officers for a day, in every minute of it, each heard of once an hour while the story goes on."""

    line: Line
    crew: dict[str, str] = field(default_factory=dict)
    shifts: list[dict[str, Any]] = field(default_factory=list)
    begins: datetime = field(init=False)
    heard: int = -1

    def man(self) -> None:
        """Plan the roster; both say that they are there, and one answers a drill of the other."""
        line, (hours, shifts) = self.line, HOURS
        self.begins = line.now + timedelta(minutes=1)
        self.crew = {str(line.get(who, "/me")["person_id"]): who for who in ("inspector", "controller")}
        spans = [(self.begins + timedelta(hours=hours * n), self.begins + timedelta(hours=hours * (n + 1))) for n in range(shifts)]  # fmt: skip
        planned = [{"officer_id": person, "starts_at": start.isoformat(), "ends_at": end.isoformat()} for start, end in spans for person in self.crew]  # fmt: skip
        plan = {"starts_at": spans[0][0].isoformat(), "ends_at": spans[-1][1].isoformat(), "shifts": planned}
        roster = line.post("inspector", "/duty-rosters", plan)
        if roster["gaps"]:
            raise AssertionError("the roster leaves a minute uncovered")
        self.shifts = roster["shifts"]
        self.pass_by(timedelta(minutes=2))
        drill = line.post("inspector", "/duty-drills", {"severity": "MAJOR", "script": "演练：A-02 库位冒烟。 Smoke in bay A-02."})  # fmt: skip
        self.pass_by(timedelta(minutes=3))
        line.post("controller", f"/duty-drills/{drill['id']}/answer")

    def pass_by(self, time: timedelta) -> datetime:
        """Let time pass, an hour at most; each officer on duty confirms for the hour that runs then."""
        now = self.line.drive(by=time)
        hour = (now - self.begins) // timedelta(hours=1)
        for shift in self.shifts if hour > self.heard else ():
            if datetime.fromisoformat(shift["starts_at"]) <= now < datetime.fromisoformat(shift["ends_at"]):
                self.line.post(self.crew[shift["officer_id"]], f"/duty-shifts/{shift['id']}/liveness")
        self.heard = max(hour, self.heard)
        return now


def _walk_rounds(story: Story, desk: Desk) -> None:
    """A route of five checkpoints: the first round is walked in time, of the second two checkpoints are left out."""
    line, now = story.line, story.line.now
    begins = [now + timedelta(minutes=5), now + timedelta(minutes=65)]
    windows = [{"start": f"{at.astimezone(goods.ZONE):%H:%M}", "minutes": 50} for at in begins]
    points = [{"name": name, "x": str(x), "y": str(y)} for name, x, y in CHECKPOINTS]
    body = {"name": "北仑三号库巡检 Beilun 3 round", "minutes": 20, "windows": windows, "checkpoints": points}
    route = line.post("inspector", f"/sites/{story.site}/patrol-routes", body)["id"]
    labels = [one["label"].removeprefix(SCHEME) for one in line.get("inspector", f"/patrol-routes/{route}/labels")["items"]]  # fmt: skip
    phone = story.phone or Phone(line)
    for seen in (labels, labels[:3]):
        patrol = _called(line, desk, route)
        arrived = desk.pass_by(timedelta(minutes=2 * len(seen)))
        for place, label in enumerate(seen, 1):
            phone.scan(patrol, label, arrived - timedelta(minutes=2 * (len(seen) - place)))
    desk.pass_by(timedelta(minutes=21))
    states = [one["status"] for one in line.get("inspector", "/patrols")["items"] if one["route_id"] == route]
    story.say(f"Patrols called at minutes that nobody knew: {', '.join(reversed(states)).lower()}.")


def _called(line: Line, desk: Desk, route: str) -> str:
    """Wait for the next round: not even the story knows when it comes."""
    for _ in range(15):
        desk.pass_by(timedelta(minutes=10))
        for one in line.get("inspector", "/patrols")["items"]:
            if one["route_id"] == route and one["status"] == "CALLED":
                return str(one["id"])
    raise AssertionError("no round was called in its window")


class Phone:
    """An officer's phone: a key of its own, as a browser makes it, and a chain of what it signed."""

    def __init__(self, line: Line) -> None:
        self._line, self._head, self._key = line, "", ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        enrolled = line.post("inspector", "/phones", {"name": "值班手机 Duty phone", "public_key": base64.b64encode(point).decode()})  # fmt: skip
        self._id = enrolled["id"]

    def scan(self, patrol: str, label: str, at: datetime) -> None:
        """Stand at a checkpoint."""
        told: dict[str, Any] = {
            "form": FORM, "patrol": patrol, "seen": shown(UUID(patrol), label), "taken_at": at.isoformat(), "place": None,
            "previous": self._head,
        }  # fmt: skip
        text = json.dumps(told)
        self._head = sha256(text.encode()).hexdigest()
        r, s = utils.decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(SHA256())))
        signature = base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()
        self._line.post("inspector", f"/patrols/{patrol}/scans", {"phone_id": self._id, "statement": text, "signature": signature})  # fmt: skip
