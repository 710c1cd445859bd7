"""A camera's picture beside the scene that was accepted: how much changed, how sharp it is, which marks are in it; and people made unrecognisable.

The two are compared as the contrast and structure terms of SSIM do (Wang, Bovik, Sheikh, Simoncelli 2004), which leave brightness out: light that drifts,
a lamp that is dimmed and the noise of a dark hour change nothing, an object that comes or goes does. Both are first reduced to 160 x 120, so a look costs
some milliseconds whatever the camera sends.
"""

import io
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from marketplace.cameras.rules.views import QR, TAG, Look
from tenants.errors import Invalid

Grey = NDArray[np.float32]
SIZE = (160, 120)
MOST_PIXELS = 8_000_000
WINDOW = (13, 13)
FINE = 1.2  # standard deviation of the smoothing, in reduced pixels
FLOOR = 30.0  # variance below which a patch has no structure of its own
UNLIKE = 0.4  # below this the patch shows something else
HARDLY_LIKE = 0.75  # below this it may be a person's edge
SHAKEN_AT_MOST = 3.0  # reduced pixels by which a mast may sway
BLOCKS = 24  # a masked picture has so few squares across
NOISE_GAIN = 6.0  # of the second difference below, for independent noise
MAD = 0.6745  # median absolute deviation of a normal distribution
SECOND_DIFFERENCE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


@dataclass(frozen=True)
class Reduced:
    """A picture made small: as it is, smoothed, and the standard deviation of its noise (before smoothing)."""

    plain: Grey
    smooth: Grey
    noise: float

    @classmethod
    def of(cls, grey: NDArray[Any]) -> "Reduced":
        plain = np.asarray(cv2.resize(grey, SIZE, interpolation=cv2.INTER_AREA), np.float32)
        second = cv2.filter2D(plain, -1, SECOND_DIFFERENCE)
        smooth = np.asarray(cv2.GaussianBlur(plain, (0, 0), FINE), np.float32)
        return cls(plain, smooth, float(np.median(np.abs(second))) / MAD / NOISE_GAIN)

    @property
    def sharpness(self) -> float:
        """Energy of the edges as a share of all contrast; what noise adds (20 times its variance) is taken off."""
        edges = float(cv2.Laplacian(self.plain, cv2.CV_32F).var()) - 20 * self.noise**2
        return max(0.0, edges) / max(float(self.plain.var()), 1e-3)


class SceneEyes:
    """Eyes by OpenCV."""

    def __init__(self) -> None:
        cards = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
        self._cards = cv2.aruco.ArucoDetector(cards, cv2.aruco.DetectorParameters())
        self._codes = cv2.QRCodeDetector()

    def look(self, picture: bytes, *, scene: bytes | None, marks: Collection[str]) -> Look:
        grey = _decoded(picture, cv2.IMREAD_GRAYSCALE)
        now, then = Reduced.of(grey), _scene_of(scene)
        height, width = grey.shape
        return Look(
            width,
            height,
            _figure(float(now.plain.mean()), 2),
            _figure(float(now.smooth.std()), 2),
            int.from_bytes(sha256(grey.tobytes()).digest()[:6]),
            None if then is None else _figure(now.sharpness / max(then.sharpness, 1e-6), 4),
            None if then is None else _figure(float(_opened(likeness(now, then) < UNLIKE).mean()), 4),
            self._marks_in(grey, marks),
        )

    def masked(self, picture: bytes, scene: bytes | None) -> bytes:
        colour = _decoded(picture, cv2.IMREAD_COLOR)
        height, width = colour.shape[:2]
        few = cv2.resize(colour, (BLOCKS, max(1, BLOCKS * height // width)), interpolation=cv2.INTER_AREA)
        coarse = cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST)
        if scene is not None:
            coarse = np.where(self._strange(colour, scene)[..., None], coarse, colour)
        return bytes(cv2.imencode(".jpg", coarse, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes())

    def _strange(self, colour: NDArray[Any], scene: bytes) -> NDArray[np.bool_]:
        """Where the picture is not surely the scene, and a margin around it."""
        then = _scene_of(scene)
        assert then is not None
        unlike = likeness(Reduced.of(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)), then) < HARDLY_LIKE
        wide = cv2.dilate(unlike.astype(np.uint8), np.ones((11, 11), np.uint8))
        grown = cv2.resize(wide, (colour.shape[1], colour.shape[0]), interpolation=cv2.INTER_NEAREST)
        return np.asarray(grown > 0)

    def _marks_in(self, grey: NDArray[Any], marks: Collection[str]) -> frozenset[str]:
        found: set[str] = set()
        if any(mark.startswith(TAG) for mark in marks):
            _, numbers, _ = self._cards.detectMarkers(grey)
            found |= {f"{TAG}{number}" for number in ([] if numbers is None else numbers.flatten().tolist())}
        if any(mark.startswith(QR) for mark in marks):
            _, texts, _, _ = self._codes.detectAndDecodeMulti(grey)
            found |= {f"{QR}{text}" for text in texts if text}
        return frozenset(found)


def likeness(now: Reduced, then: Reduced) -> Grey:
    """For each place how far its contrast and structure are the scene's: 1 the same, 0 nothing in common. Light, dimming and a little sway are taken out."""
    seen, known = _steadied(now.smooth, then.smooth), then.smooth
    mean_a, mean_b = cv2.blur(known, WINDOW), cv2.blur(seen, WINDOW)
    var_a = np.maximum(cv2.blur(known * known, WINDOW) - mean_a**2, 0)
    var_b = np.maximum(cv2.blur(seen * seen, WINDOW) - mean_b**2, 0)
    both = cv2.blur(known * seen, WINDOW) - mean_a * mean_b
    gain = _gain(var_a, var_b)
    left = [(one.noise * factor / (2 * np.sqrt(np.pi) * FINE)) ** 2 for one, factor in ((now, gain), (then, 1.0))]
    floor = FLOOR + 4 * sum(left)
    alike: Grey = (2 * gain * both + floor) / (var_a + gain**2 * var_b + floor)
    return alike


def _gain(var_a: Grey, var_b: Grey) -> float:
    """By how much the picture is dimmer than the scene: the middle one of all patches that have structure, so that what came or went does not matter."""
    lively = var_a > 4 * FLOOR
    if not lively.any():
        return 1.0
    return float(np.clip(np.median(np.sqrt(var_a[lively] / np.maximum(var_b[lively], 1e-3))), 0.2, 8.0))


def _steadied(seen: Grey, known: Grey) -> Grey:
    """The picture moved back by the little that the camera swayed. Copies are compared: the library windows what it is given in place."""
    window = cv2.createHanningWindow(SIZE, cv2.CV_32F)
    (right, down), _ = cv2.phaseCorrelate(known.copy(), seen.copy(), window)
    if not 0.2 < np.hypot(right, down) <= SHAKEN_AT_MOST:
        return seen
    move = np.array([[1, 0, -right], [0, 1, -down]], np.float32)
    return np.asarray(cv2.warpAffine(seen, move, SIZE, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _opened(changed: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Without single specks."""
    return np.asarray(cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)


def _scene_of(scene: bytes | None) -> Reduced | None:
    return None if scene is None else Reduced.of(_decoded(scene, cv2.IMREAD_GRAYSCALE))


def _decoded(picture: bytes, how: int) -> NDArray[Any]:
    """The pixels; the size is read before anything is unpacked, so that a small file cannot become a huge picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            width, height = Image.open(io.BytesIO(picture)).size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise _broken() from error
    if width * height > MOST_PIXELS:
        raise Invalid("picture_too_large", "The picture has more pixels than are taken.", field="picture")
    try:
        found = cv2.imdecode(np.frombuffer(picture, np.uint8), how)
    except cv2.error as error:
        raise _broken() from error
    if found is None or min(found.shape[:2]) < min(SIZE) // 2:
        raise _broken()
    return np.asarray(found)


def _broken() -> Invalid:
    return Invalid("picture_broken", "This picture cannot be read.", field="picture")


def _figure(value: float, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")
