"""The question panel: ask the twin in plain words, in English or Chinese, and read lines with links and the moment for which they are true."""

from typing import Any
from urllib.parse import urlencode

from flask import request

from frontend.language import said
from frontend.pages import Pages, render
from frontend.twin.questions.words import examples
from marketplace.inventory.queries import list_lots
from marketplace.twin.questions.answering import Answer, ask
from tenants.errors import Invalid, NotFound
from tenants.workspace import Workspace

pages = Pages("questions", __name__)
LINKS = {"lot": "/lots/", "alarm": "/alarms/", "deal": "/deals/"}


@pages.look("/questions")
def show_questions(ws: Workspace) -> Any:
    asked, answer, refused = request.args.get("q", "").strip(), None, None
    if asked:
        try:
            answer = ask(ws, asked)
        except (Invalid, NotFound) as found:
            refused = found
    lots = list_lots(ws, limit=1)
    return render(
        "twin/questions/questions.html",
        asked=asked,
        answer=answer,
        not_answered=refused,
        rows=_rows(answer) if answer else [],
        said=said,
        examples=[(one, "?" + urlencode({"q": one})) for one in examples(lots[0].number if lots else "L-1")],
    )


def _rows(answer: Answer) -> list[dict[str, Any]]:
    return [
        {"href": LINKS[row.kind] + str(row.id), "name": row.name, "says": said(row.says), "at": row.at}
        for row in answer.found.rows
    ]
