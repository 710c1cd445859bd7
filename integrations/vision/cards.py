"""Marker cards (AprilTag 36h11) in pictures, and whether a picture was taken of a screen."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from marketplace.stocktakes.rules.challenges import Card, Seen
from tenants.errors import Invalid

SQUARES = 10  # six of the code, one of black border, one of white around
WINDOW = 512
# How far (in natural logarithms) a single high frequency stands above those around it. Measured on drawn scenes (tests/integrations/vision): noise,
# clouds and stripes stay below 2.7, whatever a raster shows reaches 4.8.
PEAK = 3.7


class OpenCvEyes:
    """Eyes by OpenCV."""

    def __init__(self) -> None:
        self._cards = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
        self._finder = cv2.aruco.ArucoDetector(self._cards, cv2.aruco.DetectorParameters())

    def look(self, picture: bytes) -> Seen:
        grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE) if picture else None
        if grey is None:
            raise Invalid("picture_broken", "This picture cannot be read.", field="photo")
        corners, numbers, _ = self._finder.detectMarkers(grey)
        found = [] if numbers is None else zip(numbers.flatten().tolist(), corners, strict=True)
        cards = tuple(_card(int(number), np.asarray(corner, np.float32).reshape(4, 2)) for number, corner in found)
        height, width = grey.shape
        return Seen(width, height, cards, screen=_looks_like_screen(grey))

    def pattern(self, number: int) -> list[list[bool]]:
        drawn = cv2.aruco.generateImageMarker(self._cards, number, SQUARES - 2)
        bordered = np.pad(drawn, 1, constant_values=255)
        return [[bool(square) for square in row] for row in bordered > 127]


def _card(number: int, corners: NDArray[np.float32]) -> Card:
    """Its middle, and the square root of its area as the length of its side."""
    area = cv2.contourArea(corners)
    return Card(number, float(corners[:, 0].mean()), float(np.sqrt(area)))


def _looks_like_screen(grey: NDArray[Any]) -> bool:
    """Whether single high frequencies off the axes stand out, as a raster of pixels makes them that is seen through another raster (moiré)."""
    height, width = grey.shape
    if min(height, width) < WINDOW:
        return False
    top, left = (height - WINDOW) // 2, (width - WINDOW) // 2
    part = grey[top : top + WINDOW, left : left + WINDOW].astype(np.float32)
    window = np.outer(np.blackman(WINDOW), np.blackman(WINDOW))
    spectrum = np.log1p(np.fft.fftshift(np.abs(np.fft.fft2((part - part.mean()) * window)))).astype(np.float32)
    rise = spectrum - cv2.blur(spectrum, (31, 31))
    return bool(rise[_fine()].max() > PEAK)


def _fine() -> NDArray[np.bool_]:
    """Frequencies that are fine and lie off both axes, where the edges of the goods themselves show least."""
    rows, columns = (axis - WINDOW // 2 for axis in np.ogrid[:WINDOW, :WINDOW])
    fine: NDArray[np.bool_] = (np.abs(rows) > 6) & (np.abs(columns) > 6) & (np.hypot(rows, columns) > WINDOW / 3.2)
    return fine
