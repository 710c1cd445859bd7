"""Pictures for tests, drawn: marker cards in a row on a mottled wall, from one side or another; and the same as a screen would show them."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from integrations.vision.cards import OpenCvEyes

WIDTH, HEIGHT = 1600, 1200
CARD, GAP = 240, 110
LEANS = {"LEFT": 0.2, "FRONT": 0.0, "RIGHT": -0.2}


def a_picture(cards: Sequence[int], view: str = "FRONT", *, seed: int = 1, scale: float = 1, screen: bool = False) -> bytes:  # fmt: skip
    """A JPEG of these cards from left to right, seen from that side. `scale` shrinks it; `screen`: photographed from a raster screen."""
    drawn = _on_a_wall(_row(cards), LEANS[view], seed)
    if screen:
        drawn = _from_a_screen(drawn, seed)
    if scale != 1:
        drawn = cv2.resize(drawn, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


def a_wall(seed: int, *, stripes: bool = False) -> Any:
    """Something without cards: mottled, or striped like stacked goods."""
    dice = np.random.default_rng(seed)
    if not stripes:
        mottled = cv2.GaussianBlur(dice.normal(0, 60, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), dice.uniform(2, 12))
        return _as_grey(128 + mottled * dice.uniform(3, 8) + dice.normal(0, 3, mottled.shape))
    rows, columns = np.indices((HEIGHT, WIDTH))
    turn = dice.uniform(0, np.pi)
    wave = np.sin((np.cos(turn) * columns + np.sin(turn) * rows) * 2 * np.pi / dice.uniform(20, 90))
    soft = cv2.GaussianBlur((128 + 60 * np.sign(wave) + dice.normal(0, 20, wave.shape)).astype(np.float32), (0, 0), 1.2)
    return _as_grey(soft + dice.normal(0, 4, soft.shape))


def as_jpeg(grey: Any) -> bytes:
    """As a phone would send it."""
    return cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


def of_a_screen(grey: Any, seed: int) -> bytes:
    """The same, shown by a raster screen and photographed from there."""
    return as_jpeg(_from_a_screen(grey, seed))


def _row(cards: Sequence[int]) -> Any:
    row = np.full((CARD + 60, len(cards) * (CARD + GAP) + GAP), 200, np.uint8)
    for place, number in enumerate(cards):
        squares = np.array(OpenCvEyes().pattern(number), np.uint8) * 255
        left = GAP + place * (CARD + GAP)
        row[30 : 30 + CARD, left : left + CARD] = cv2.resize(squares, (CARD, CARD), interpolation=cv2.INTER_NEAREST)
    return row


def _on_a_wall(row: Any, lean: float, seed: int) -> Any:
    """The row in perspective: the nearer end is higher."""
    height, width = row.shape
    left, right, middle = height * (1 + lean) / 2, height * (1 - lean) / 2, HEIGHT / 2
    start = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    end = np.array([[250, middle - left], [1350, middle - right], [1350, middle + right], [250, middle + left]], np.float32)  # fmt: skip
    turn = cv2.getPerspectiveTransform(start, end)
    laid = cv2.warpPerspective(row, turn, (WIDTH, HEIGHT))
    covered = cv2.warpPerspective(np.full_like(row, 255), turn, (WIDTH, HEIGHT))
    return np.where(covered > 0, laid, a_wall(seed)).astype(np.uint8)


def _from_a_screen(grey: Any, seed: int, pixel: int = 4) -> Any:
    """Each pixel of the screen has a dark rim, and the camera is turned a little against it."""
    dice = np.random.default_rng(seed + 99)
    shown = cv2.resize(grey, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    large = np.kron(shown, np.ones((pixel, pixel))).astype(np.float32)
    rows, columns = np.indices(large.shape) % pixel
    large *= np.where((rows == pixel - 1) | (columns == pixel - 1), 0.35, 1.0)
    middle = (large.shape[1] / 2, large.shape[0] / 2)
    turn = cv2.getRotationMatrix2D(middle, dice.uniform(1, 8), dice.uniform(0.45, 0.75))
    turn[:, 2] += (WIDTH / 2 - middle[0], HEIGHT / 2 - middle[1])
    taken = cv2.GaussianBlur(cv2.warpAffine(large, turn, (WIDTH, HEIGHT)), (0, 0), 0.7)
    return _as_grey(taken * 1.3 + dice.normal(0, 3, taken.shape))


def _as_grey(figures: Any) -> Any:
    return np.clip(figures, 0, 255).astype(np.uint8)
