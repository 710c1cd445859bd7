"""Hints that new readings are there: who may hear them, that they are conflated, and that losing them harms nobody."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from frontend.live import _may_watch
from integrations import reading_hints
from integrations.devices.intake import Incoming
from integrations.reading_hints import ReadingHints
from integrations.taking import Taker
from tests.factories import World
from tests.integrations.devices.mqtt_world import until
from tests.marketplace.supervision.makers import a_scene, a_watching_device, weights


class Line:
    """Stands for Valkey: keeps what is sent; one that is broken refuses."""

    def __init__(self, *, broken: bool = False) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.broken = broken

    def emit(self, event: str, data: dict[str, Any], *, namespace: str, room: str) -> None:
        assert (event, namespace) == ("moved", "/")
        self.sent.append((room, data))
        if self.broken:
            raise ConnectionError("away")


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    made = Line()
    monkeypatch.setattr(reading_hints.socketio, "RedisManager", lambda *_, **__: made)
    return made


def test_the_lot_the_device_and_the_site_are_told(world: World, gateway_app: Flask, line: Line) -> None:
    scene = a_scene(world)
    device = a_watching_device(scene.supervisor, scene.lot.id)
    payload = device.batch(weights(world.now, [498750]))
    Taker(gateway_app, ReadingHints("redis://nowhere"))([Incoming(device.device_id, payload, device.tenant_id)])
    rooms = {f"stream:readings:{one}" for one in (scene.lot.id, device.device_id, scene.lot.site_id)}
    assert until(lambda: {room for room, _ in line.sent} == rooms, 5)
    assert all(f"stream:{data['stream']}" == room and data["sequence"] > 0 for room, data in line.sent)


def test_many_readings_are_one_hint(line: Line) -> None:
    hints, lot = ReadingHints("redis://nowhere"), uuid4()
    for _ in range(1000):
        hints.touch([lot])
    assert until(lambda: bool(line.sent), 5)
    assert len(line.sent) <= 2


def test_a_line_that_is_away_holds_nothing_up(line: Line) -> None:
    line.broken, hints = True, ReadingHints("redis://nowhere")
    hints.touch([uuid4()])
    assert until(lambda: len(line.sent) == 1, 5)
    line.broken = False
    hints.touch([UUID(int=7)])
    assert until(lambda: len(line.sent) == 2, 5), "the thread lives on"


def test_who_may_hear_of_readings(world: World) -> None:
    scene = a_scene(world)
    world.advance(timedelta(minutes=1))
    stranger = world.firm("BANK").operator
    for subject in (scene.lot.id, scene.lot.site_id):
        stream = f"readings:{subject}"
        for firm in (scene.sme, scene.bank, scene.warehouse, scene.supervisor):
            assert _may_watch(world.app, firm.operator.token, stream)
        assert not _may_watch(world.app, stranger.token, stream)
        assert not _may_watch(world.app, None, stream)
    assert not _may_watch(world.app, scene.sme.operator.token, f"secrets:{scene.lot.id}")
    assert not _may_watch(world.app, scene.sme.operator.token, "readings:lot")
