"""What a searcher is told beside the hits: how a word was perhaps meant, and how many lots the same words find where nothing else narrows them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text

from marketplace.catalogue.ports import Found, Shelved, find
from marketplace.catalogue.queries import wish_of
from marketplace.catalogue.rules.counting import TOTAL
from marketplace.catalogue.rules.spelling import may_be_misspelt, meant
from marketplace.catalogue.rules.tokens import respelt, wanted
from marketplace.catalogue.weighing import standing
from tenants.workspace import Workspace

NEAR = text("select * from gate.words_near(:kind, :word)")
# What a search may be narrowed by beside its words and the state of the sale.
NARROWING = ("category", "grade", "place", "evidence", "regime", "price_min", "price_max", "within", "near", "km", "stored")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advice:
    """`meant`: the question as it was perhaps meant, where a word of it is on no offer. `wider`: how many lots its words find without facets and ranges, where none is within them; `about` so many, where they are common."""

    meant: str | None = None
    wider: int = 0
    about: bool = False


def advise(ws: Workspace, asked: Mapping[str, str], total: int, kind: Shelved = Shelved.AUCTION) -> Advice:
    """Advice on a search that found so many lots."""
    question = asked.get("q", "").strip()
    narrowed = not total and any(asked.get(name) for name in NARROWING)
    respelled = _meant(ws, question, kind)
    if not narrowed:
        return Advice(respelled)
    wider = _wider(ws, asked, kind)
    return Advice(respelled, wider.total, TOTAL in wider.about)


def _meant(ws: Workspace, question: str, kind: Shelved) -> str | None:
    words = [run[0] for run in wanted(question) if may_be_misspelt(run[0])]
    known = standing(ws, kind, words).having if words else {}
    instead = {word: near for word in words if not known.get(word) and (near := meant(word, _near(ws, kind, word)))}
    return respelt(question, instead) if instead else None


def _near(ws: Workspace, kind: Shelved, word: str) -> dict[str, int]:
    return {row.near: row.offers for row in ws.session.execute(NEAR, {"kind": kind.value, "word": word})}


def _wider(ws: Workspace, asked: Mapping[str, str], kind: Shelved) -> Found:
    plain = {name: asked[name] for name in ("q", "status") if name in asked}
    return find(ws, wish_of(ws, plain, most=1, kind=kind))
