"""Pages on paper: templates that extend layout/print.html, set by WeasyPrint with our own faces and nothing fetched from anywhere else."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Response, render_template
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from frontend.application import BUILT

SHEET = BUILT / "print" / "print.css"


class OwnFaces(URLFetcher):  # type: ignore[misc]
    """The print sheet and the faces beside it, and pictures that stand in the page itself; no other file, no network."""

    def fetch(self, url: str, headers: Any = None) -> Any:
        parts = urlsplit(url)
        ours = parts.scheme == "file" and Path(unquote(parts.path)).resolve().is_relative_to(SHEET.parent.resolve())
        if not ours and parts.scheme != "data":
            raise FatalURLFetchingError(f"paper fetches nothing: {url}")
        return super().fetch(url, headers)


def as_pdf(template: str, name: str, **context: Any) -> Response:
    """The template as a PDF that the browser shows; `name` is what it is saved as."""
    html = render_template(template, print_sheet=SHEET.as_uri(), **context)
    answer = Response(bytes(HTML(string=html, url_fetcher=OwnFaces()).write_pdf()), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=name)
    return answer
