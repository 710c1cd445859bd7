"""What a simulated camera sees: a bay drawn by rule, with bags that carry marker cards, under light that drifts and a sensor that is never without noise.

Nothing here is a copied picture. The same moment and seed give the same picture again. Faults are told by name: a bag is taken away, the camera is turned,
the lens is covered or out of focus, the light goes, somebody walks by, a forklift stands in front; the picture freezes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import pi, sin
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.devices.scenario import Span

WIDTH, HEIGHT = 320, 240
BAG, ACROSS = 62, 4
CARD = 34
DAY_SECONDS = 86_400
QUALITY = 88
Picture = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls the view within these spans (from `since` on, where it never ends). `which`: of the bags, the numbers of their cards."""

    kind: str
    spans: Sequence[Span]
    which: Sequence[int] = ()

    def holds(self, at: datetime) -> bool:
        """Half-open, as all spans are."""
        return any(since <= at < until for since, until in self.spans)


@dataclass(frozen=True)
class Bay:
    """The goods in the view: one bag for each marker card, in rows of four. `seed` draws wall and floor, `noise` is the sensor's (of 255)."""

    cards: Sequence[int]
    seed: int = 1
    noise: float = 2.0
    drift: float = 0.15
    faults: Sequence[Fault] = field(default_factory=tuple)

    def picture(self, at: datetime) -> bytes:
        """The JPEG of this moment; while the picture is frozen, that of the moment at which it froze."""
        for fault in self._now("frozen", at):
            at = next(since for since, until in fault.spans if since <= at < until)
        scene = self._drawn(at)
        for kind, change in CHANGES.items():
            for _ in self._now(kind, at):
                scene = change(scene, at)
        chance = np.random.default_rng([self.seed, int(at.timestamp())])
        seen = scene * self._light(at) + chance.normal(
            0, self.noise * (2.5 if self._now("night", at) else 1), scene.shape
        )
        taken = np.clip(seen, 0, 255).astype(np.uint8)
        return bytes(cv2.imencode(".jpg", taken, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes())

    def _now(self, kind: str, at: datetime) -> list[Fault]:
        return [one for one in self.faults if one.kind == kind and one.holds(at)]

    def _light(self, at: datetime) -> float:
        """The sun comes and goes slowly; at night a lamp gives a fifth of it."""
        wave = 1 + self.drift * sin(2 * pi * (at.timestamp() % DAY_SECONDS) / 5400)
        return float(wave) * (0.22 if self._now("night", at) else 1)

    def _drawn(self, at: datetime) -> Picture:
        chance = np.random.default_rng(self.seed)
        ground = cv2.GaussianBlur(chance.normal(0, 26, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2) * 2.2 + 120
        ground[HEIGHT - 56 :] -= 34  # the floor before the wall
        gone = {card for fault in self._now("taken", at) for card in fault.which}
        for place, card in enumerate(self.cards):
            if card not in gone:
                _put_bag(ground, place, card, np.random.default_rng([self.seed, card]))
        return np.asarray(ground, np.float32)


def _put_bag(ground: Picture, place: int, card: int, chance: Any) -> None:
    left, top = 24 + place % ACROSS * 72, 26 + place // ACROSS * 76
    cloth = 150 + cv2.GaussianBlur(chance.normal(0, 40, (BAG, BAG)).astype(np.float32), (0, 0), 1.5) * 1.5
    cv2.rectangle(cloth, (0, 0), (BAG - 1, BAG - 1), 60, 3)
    drawn = cv2.aruco.generateImageMarker(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11), card, 32)
    white = cv2.copyMakeBorder(drawn, 5, 5, 5, 5, cv2.BORDER_CONSTANT, value=255)
    begin = (BAG - white.shape[0]) // 2
    cloth[begin : begin + white.shape[0], begin : begin + white.shape[1]] = white * 0.85 + 10
    ground[top : top + BAG, left : left + BAG] = cloth


def _turned(scene: Picture, _at: datetime) -> Picture:
    return np.asarray(np.roll(scene, (70, 130), (0, 1))[:, ::-1], np.float32)


def _covered(scene: Picture, _at: datetime) -> Picture:
    return np.full_like(scene, 24)


def _defocused(scene: Picture, _at: datetime) -> Picture:
    return np.asarray(cv2.GaussianBlur(scene, (0, 0), 9), np.float32)


def _somebody(scene: Picture, at: datetime) -> Picture:
    """A person in front, at a place that depends on the moment."""
    shown, middle = scene.copy(), 40 + int(at.timestamp()) // 10 * 97 % (WIDTH - 80)
    cv2.ellipse(shown, (middle, 150), (24, 80), 0, 0, 360, 52, -1)
    cv2.circle(shown, (middle, 56), 19, 170, -1)
    for right in (-7, 7):
        cv2.circle(shown, (middle + right, 52), 3, 30, -1)
    return shown


def _dark(scene: Picture, _at: datetime) -> Picture:
    return scene * np.float32(0.01)


CHANGES = {"somebody": _somebody, "turned": _turned, "defocused": _defocused, "covered": _covered, "dark": _dark}
KINDS = (*CHANGES, "taken", "frozen", "night")


def faults_of(named: Iterable[Fault], bay: Bay) -> Bay:
    """The bay with these faults. Refuses, as a value, one that it does not know."""
    kept = tuple(named)
    for fault in kept:
        if fault.kind not in KINDS or not set(fault.which) <= set(bay.cards):
            raise ValueError(fault)
    return replace(bay, faults=kept)
