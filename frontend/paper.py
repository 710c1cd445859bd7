"""Pages on paper: templates that extend layout/print.html."""

from typing import Any

from flask import Response, render_template

from frontend.application import BUILT

SHEET = BUILT / "print" / "print.css"


def as_pdf(template: str, name: str, **context: Any) -> Response:
    """The template as a PDF that the browser shows; `name` is what it is saved as."""
    from frontend.typesetting import set_in_type  # a large library, needed for paper alone

    html = render_template(template, print_sheet=SHEET.as_uri(), **context)
    answer = Response(set_in_type(html, SHEET.parent), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "inline", filename=name)
    return answer
