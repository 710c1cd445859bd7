"""Asking the twin: a sentence in, what was understood and the lines that answer it out, with the moment for which they are true.

Every line is a row that the asker may see anyway: lists start from the asker's own grants and row security stands behind them. Nothing is written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any

from marketplace.exact import half_up
from marketplace.financing.queries import portfolio
from marketplace.financing.rules.terms import percent_text
from marketplace.twin.questions import of_goods, of_watching
from marketplace.twin.questions.grammar import OF_SPANS, Question, Topic, understand
from marketplace.twin.questions.rows import Row, Rows
from tenants.errors import NotFound
from tenants.events import sentence
from tenants.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood, as a sentence, and the lines. `of_span`: they are true of all the time from the span's start to its end; else of its end."""

    asked: Question
    understood: dict[str, Any]
    found: Rows
    of_span: bool


def deals(ws: Workspace, asked: Question) -> Rows:
    """Loans with money out whose loan-to-value is above a share, the worst first; those without a value first of all, since unknown is never fine."""
    assert asked.figure is not None, "the grammar asks for it"
    found = [one for one in portfolio(ws) if one.position.ltv is None or one.position.ltv > asked.figure]
    rows = []
    for one in found:
        if one.position.ltv is None:
            says = sentence("%(owed)s owed; the goods have no value.", owed=one.position.outstanding)
        else:
            says = sentence(
                "%(ltv)s: %(owed)s owed.", ltv=percent_text(one.position.ltv), owed=one.position.outstanding
            )
        rows.append(Row("deal", one.deal.deal_id, one.deal.number, says, one.position.valued_at))
    return Rows.of(rows)


ANSWERS: dict[Topic, Callable[[Workspace, Question], Rows]] = {
    Topic.LOST: of_goods.lost,
    Topic.WHERE: of_goods.where,
    Topic.HOW_MUCH: of_goods.how_much,
    Topic.SILENT: of_watching.silent,
    Topic.FROZEN: of_goods.frozen,
    Topic.CLIMATE: of_watching.climate,
    Topic.ALARMS: of_watching.alarms,
    Topic.CAME: of_goods.moved,
    Topic.LEFT: of_goods.moved,
    Topic.DEALS: deals,
    Topic.EVIDENCE: of_watching.evidence,
    Topic.UNSEEN: of_watching.unseen,
    Topic.WORTH: of_goods.worth,
}
UNDERSTOOD = {
    Topic.LOST: "Lots of which more than %(figure)s was lost from %(start)s to %(end)s",
    Topic.WHERE: "Where lot %(number)s was at %(end)s",
    Topic.HOW_MUCH: "How much of lot %(number)s there was at %(end)s",
    Topic.SILENT: "Devices that were silent at any time from %(start)s to %(end)s",
    Topic.FROZEN: "What was frozen at %(end)s, and why",
    Topic.CLIMATE: "Lots with %(metric)s %(way)s %(figure)s from %(start)s to %(end)s",
    Topic.ALARMS: "Alarms that stood open at %(end)s",
    Topic.CAME: "What came in from %(start)s to %(end)s",
    Topic.LEFT: "What left from %(start)s to %(end)s",
    Topic.DEALS: "Loans with a loan-to-value above %(figure)s at %(end)s",
    Topic.EVIDENCE: "Lots whose evidence was graded worse than %(grade)s at %(end)s",
    Topic.UNSEEN: "Lots that nobody has inspected for more than %(figure)s days at %(end)s",
    Topic.WORTH: "What lot %(number)s was worth at %(end)s",
}


def ask(ws: Workspace, words: str) -> Answer:
    """Answer a question in plain words, as far as the asker may see. Refuses what it does not understand, and a lot that the asker does not see."""
    ws.may("read")
    asked = understand(words, ws.now)
    found = ANSWERS[asked.topic](ws, asked)
    if asked.number and not found.rows and asked.topic is not Topic.WORTH:
        raise NotFound("lot_unknown", "There is no such lot.", field="q")
    return Answer(asked, told(asked), found, _of_span(asked))


def told(asked: Question) -> dict[str, Any]:
    """What was understood, to the second, so that the asker sees what is answered."""
    start, end = (at.astimezone(UTC).replace(microsecond=0) for at in (asked.span.start, asked.span.end))
    word = UNDERSTOOD[asked.topic]
    if not _of_span(asked) and "%(start)s" in word:
        word = word.replace("from %(start)s to %(end)s", "at %(end)s").replace(" at any time", "")
    facts = {"start": start, "end": end, "number": asked.number.upper(), "grade": asked.grade, "figure": _figure(asked)}
    metric: dict[str, Any] = {
        "word": {"humidity": "humidity", "temperature": "temperature"}.get(asked.metric, ""),
        "facts": {},
    }
    way: dict[str, Any] = {"word": "above" if asked.above else "below", "facts": {}}
    return sentence(
        word, **{name: fact for name, fact in (facts | {"metric": metric, "way": way}).items() if f"%({name})s" in word}
    )


def _of_span(asked: Question) -> bool:
    if asked.topic in OF_SPANS:
        return True
    return asked.topic in (Topic.SILENT, Topic.CLIMATE) and asked.span.start < asked.span.end


def _figure(asked: Question) -> str:
    figure = asked.figure or Decimal(0)
    if asked.topic in (Topic.LOST, Topic.DEALS):
        return f"{half_up(figure * 100, 4).normalize():f}%"
    if asked.topic is Topic.CLIMATE:
        return f"{figure.normalize():f} {of_watching.UNITS[asked.metric]}"
    return f"{figure.normalize():f}"
