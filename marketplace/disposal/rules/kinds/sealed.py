"""Sealed bids by commitment: a hash before the close, the envelope opened in a window after it, the best price wins, the earlier commitment among equals."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from marketplace.disposal.rules.formats import SealedBid, SealedKind, open_envelopes
from marketplace.disposal.rules.kinds.protocol import Act, Award, Deed, Line
from marketplace.disposal.rules.kinds.terms import Stage
from marketplace.money import Money


@dataclass(frozen=True, slots=True)
class Envelopes:
    """What was handed in, paddle by paddle in the order of the server, and what of it was opened. One envelope each: a bid binds, and is not taken back."""

    seals: Mapping[int, str] = field(default_factory=dict)
    opened: Mapping[int, Money] = field(default_factory=dict)

    @property
    def shut(self) -> frozenset[int]:
        return frozenset(self.seals.keys() - self.opened.keys())

    def bids(self) -> list[SealedBid]:
        """The opened ones, each in the place of its commitment."""
        places = {paddle: place for place, paddle in enumerate(self.seals)}
        return [SealedBid(str(paddle), amount, places[paddle]) for paddle, amount in self.opened.items()]

    def take(self, act: Act, stage: Stage) -> tuple["Envelopes", str]:
        """The envelopes after an act, and its outcome. An opening that comes too early is refused, and its amount goes nowhere."""
        if act.deed is Deed.SEAL:
            return self._sealed(act, stage)
        if stage is not Stage.OPENING:
            return self, "CLOSED" if stage in (Stage.OVER, Stage.BEST) else "NOT_OPEN"
        if act.paddle not in self.seals:
            return self, "NO_ENVELOPE"
        if act.paddle in self.opened:
            return self, "OPENED_ALREADY"
        if act.seal != self.seals[act.paddle]:
            return self, "SEAL_WRONG"
        return replace(self, opened={**self.opened, act.paddle: act.amount}), "OPENED"

    def _sealed(self, act: Act, stage: Stage) -> tuple["Envelopes", str]:
        if stage is not Stage.SEALING:
            return self, "NOT_OPEN" if stage in (Stage.BEFORE, Stage.CLOCK) else "CLOSED"
        if act.paddle in self.seals:
            return self, "SEALED_ALREADY"
        assert act.seal is not None, "an envelope has its seal"
        return replace(self, seals={**self.seals, act.paddle: act.seal}), "SEALED"


TOLD = frozenset({"OPENED", "SEAL_WRONG"})


def line_of(act: Act, outcome: str) -> Line:
    """The line of an envelope: its amount is told when it is opened, and not before; a wrong one is told too, so that anyone sees that it is wrong."""
    return Line(act.paddle, act.amount if outcome in TOLD else Money(0, act.amount.currency), outcome)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed sale at the first or the second price."""

    pricing: SealedKind
    least: Money
    reserve: Money | None
    opens_at: datetime
    closes_at: datetime
    ends_at: datetime
    envelopes: Envelopes = field(default_factory=Envelopes)

    @property
    def standing(self) -> Award | None:
        """The best of what is opened so far. A best that misses the reserve stands all the same, as an English bid below the reserve does."""
        return self.award or self._best(self.least)

    @property
    def award(self) -> Award | None:
        return self._best(self.least if self.reserve is None else max(self.least, self.reserve))

    @property
    def forfeits(self) -> frozenset[int]:
        return self.envelopes.shut

    def take(self, act: Act) -> tuple["Sealed", tuple[Line, ...]]:
        if act.deed is Deed.BID:
            return self, ()
        envelopes, outcome = self.envelopes.take(act, self._stage(act.at))
        return replace(self, envelopes=envelopes), (line_of(act, outcome),)

    def _best(self, floor: Money) -> Award | None:
        found = open_envelopes(self.pricing, self.envelopes.bids(), floor, opens_at=self.closes_at, now=self.ends_at)
        return Award(int(found.bidder), found.price) if found else None

    def _stage(self, at: datetime) -> Stage:
        if at >= self.ends_at or at < self.opens_at:
            return Stage.OVER if at >= self.ends_at else Stage.BEFORE
        return Stage.SEALING if at < self.closes_at else Stage.OPENING
