"""A sale that stands still by order: a court asked for it, or something is wrong with the sale. What an order has to say before anybody's bid is refused for it.

Source: 网络司法拍卖规定 2016, article 28, read in full. The court decides to suspend or stay bidding where the law asks for it, and stops it itself or has the platform stop it; the
platform may suspend at once for a failure of its system, a danger or the like, and reports that to the court at once; the reason is made public on the platform; once the term of a
suspension is over or its ground is gone, a sale that is to go on does so within five days. It binds court sales; agreed sales and auction houses are held to the same.
Nobody chooses how long bidding runs then: when it goes on, and the end, follow from the rule published with the terms (`rules/outages.py`), at the latest two days after the
order is lifted, so that whoever lifts it has three to do it in.
"""

from dataclasses import dataclass
from enum import StrEnum

from tenants.errors import Invalid

SHORTEST_TEXT, LONGEST_NAME, LONGEST_REASON = 3, 200, 500


class HaltGround(StrEnum):
    """On which ground a sale may be stood still."""

    COURT = "COURT"
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Halt:
    """An order as it is published: its ground, who ordered it, the paper that shows it, and why. Each text is one line, since it is signed as one."""

    ground: HaltGround
    ordered_by: str
    paper: str
    because: str


def halt_of(*, ground: str, ordered_by: str, paper: str, because: str) -> Halt:
    """The order with its texts in one line each. Refuses another ground, and words that are missing or too long, by field."""
    if ground not in HaltGround.__members__:
        raise Invalid("halt_ground_unknown", "A sale is stood still by a court's order or for a fault.", field="ground")
    return Halt(
        HaltGround(ground),
        _line("ordered_by", ordered_by, LONGEST_NAME),
        _line("paper", paper, LONGEST_NAME),
        _line("because", because, LONGEST_REASON),
    )


def _line(field: str, words: str, longest: int) -> str:
    line = " ".join(words.split())
    if not SHORTEST_TEXT <= len(line) <= longest:
        raise Invalid("halt_words_missing", "Say who ordered it, which paper shows it, and why, in 3 to %(longest)s characters.", field=field, longest=longest)  # fmt: skip
    return line
