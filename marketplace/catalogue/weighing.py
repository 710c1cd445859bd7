"""A question in words, weighed by what stands on the shelf at this moment: the database keeps how many offers have each word, and every index is asked by its counts."""

from sqlalchemy import text

from marketplace.catalogue.ports import Wish
from marketplace.catalogue.rules.relevance import Sought, Standing, distinct, seek
from tenants.workspace import Workspace

WORDS = text("select * from gate.search_words(:kind, :words)")
LONGEST_TOKEN = 200


def weighed(ws: Workspace, wish: Wish) -> Sought:
    """The question's words as this workspace's shelf weighs them: by a look-up of each, whichever index is then asked."""
    runs = [[token[:LONGEST_TOKEN] for token in run] for run in wish.tokens]
    asked = {"kind": wish.kind.value, "words": list(distinct(runs))}
    known = {row.word: row for row in ws.session.execute(WORDS, asked)}
    whole = known.pop("", None)
    having = {word: row.offers for word, row in known.items()}
    return seek(runs, Standing(whole.offers, whole.times, having) if whole else Standing(), every=wish.every)
