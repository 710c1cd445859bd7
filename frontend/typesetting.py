"""The typesetter: WeasyPrint with our own faces and nothing fetched from anywhere else. Loaded with the first page on paper, for it is a fifth of what
the web has to load and most days nobody prints.
"""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from fontTools.ttLib import woff2
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse


class OwnFaces(URLFetcher):  # type: ignore[misc]
    """The faces beside the print sheet, the sheet itself, and pictures that stand in the page; no other file, no network."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder.resolve()

    def fetch(self, url: str, headers: Any = None) -> Any:
        parts = urlsplit(url)
        path = Path(unquote(parts.path)).resolve()
        ours = parts.scheme == "file" and path.is_relative_to(self._folder)
        if not ours and parts.scheme != "data":
            raise FatalURLFetchingError(f"paper fetches nothing: {url}")
        if ours and path.suffix == ".woff2":
            return URLFetcherResponse(url, _unpacked(path))
        return super().fetch(url, headers)


@cache
def _unpacked(face: Path) -> bytes:
    """A packed face as it is set in; kept, since unpacking the four of the print sheet takes as long as all else of a short paper."""
    unpacked = BytesIO()
    woff2.decompress(BytesIO(face.read_bytes()), unpacked)
    return unpacked.getvalue()


def set_in_type(html: str, faces: Path) -> bytes:
    """The page as a PDF."""
    return bytes(HTML(string=html, url_fetcher=OwnFaces(faces)).write_pdf())
