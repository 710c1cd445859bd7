"""The typesetter: WeasyPrint with our own faces and nothing fetched from anywhere else. Loaded with the first page on paper, for it is a fifth of what
the web has to load and most days nobody prints.
"""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher


class OwnFaces(URLFetcher):  # type: ignore[misc]
    """The faces beside the print sheet, the sheet itself, and pictures that stand in the page; no other file, no network."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder.resolve()

    def fetch(self, url: str, headers: Any = None) -> Any:
        parts = urlsplit(url)
        ours = parts.scheme == "file" and Path(unquote(parts.path)).resolve().is_relative_to(self._folder)
        if not ours and parts.scheme != "data":
            raise FatalURLFetchingError(f"paper fetches nothing: {url}")
        return super().fetch(url, headers)


def set_in_type(html: str, faces: Path) -> bytes:
    """The page as a PDF."""
    return bytes(HTML(string=html, url_fetcher=OwnFaces(faces)).write_pdf())
