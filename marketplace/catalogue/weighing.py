"""A question in words, weighed by what stands on the shelf at this moment: the database keeps how many offers have each word, and every index is asked by its counts."""

from collections.abc import Sequence

from sqlalchemy import text

from marketplace.catalogue.ports import Shelved, Wish
from marketplace.catalogue.rules.relevance import Sought, Standing, distinct, seek
from tenants.workspace import Workspace

WORDS = text("select * from gate.search_words(:kind, :words)")
LONGEST_TOKEN = 200


def weighed(ws: Workspace, wish: Wish) -> Sought:
    """The question's words as this workspace's shelf weighs them: by a look-up of each, whichever index is then asked."""
    runs = [[token[:LONGEST_TOKEN] for token in run] for run in wish.tokens]
    return seek(runs, standing(ws, wish.kind, distinct(runs)), every=wish.every)


def standing(ws: Workspace, kind: Shelved, words: Sequence[str]) -> Standing:
    """What stands on one shelf, as far as this workspace may see it: how many offers, and how many have each of these words."""
    rows = {row.word: row for row in ws.session.execute(WORDS, {"kind": kind.value, "words": list(words)})}
    whole = rows.pop("", None)
    return (
        Standing(whole.offers, whole.times, {word: row.offers for word, row in rows.items()}) if whole else Standing()
    )
