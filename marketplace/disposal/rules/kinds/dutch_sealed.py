"""Dutch, then sealed, then best bid: the clock finds who is in earnest, envelopes find who would pay more, and who stopped the clock has the last word."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from marketplace.disposal.increments import Increments
from marketplace.disposal.kind_terms import KindTerms
from marketplace.disposal.rules.formats import SealedBid, SealedKind, open_envelopes
from marketplace.disposal.rules.kinds.dutch import FirstTaker
from marketplace.disposal.rules.kinds.protocol import Act, Award, Deed, Line
from marketplace.disposal.rules.kinds.sealed import Envelopes, line_of
from marketplace.disposal.rules.kinds.terms import Stage, stage_at
from marketplace.money import Money

TEN_TIMES = 10


@dataclass(frozen=True, slots=True)
class DutchSealedBest:
    """`taken`: who stopped the clock, at what price. Envelopes must outdo it by a step; then its owner may bid once, a step above the best of them."""

    terms: KindTerms
    dutch: FirstTaker
    increments: Increments
    closes_at: datetime
    ends_at: datetime
    envelopes: Envelopes = field(default_factory=Envelopes)
    last_word: Money | None = None

    @property
    def taken(self) -> Award | None:
        return self.dutch.taken

    @property
    def standing(self) -> Award | None:
        if self.taken and self.last_word:
            return Award(self.taken.paddle, self.last_word)
        return self._best_envelope() or self.taken

    @property
    def award(self) -> Award | None:
        return self.standing

    @property
    def forfeits(self) -> frozenset[int]:
        return self.envelopes.shut

    def take(self, act: Act) -> tuple["DutchSealedBest", tuple[Line, ...]]:
        stage = self._stage(act.at)
        if act.deed is not Deed.BID:
            return self._envelope(act, stage)
        if stage in (Stage.SEALING, Stage.OPENING):
            return self, ()
        return self._last_word(act) if stage is Stage.BEST else self._on_the_clock(act, stage)

    def _on_the_clock(self, act: Act, stage: Stage) -> tuple["DutchSealedBest", tuple[Line, ...]]:
        if stage is Stage.OVER:
            return self, (Line(act.paddle, act.amount, "CLOSED"),)
        dutch, lines = self.dutch.take(act)
        after = replace(self, dutch=dutch)
        if dutch.taken:
            assert self.terms.sealing is not None, "the windows are announced"
            assert self.terms.opening is not None, "the windows are announced"
            assert self.terms.best is not None, "the windows are announced"
            after = replace(after, ends_at=act.at + self.terms.sealing + self.terms.opening + self.terms.best)
        return after, lines

    def _envelope(self, act: Act, stage: Stage) -> tuple["DutchSealedBest", tuple[Line, ...]]:
        if act.deed is Deed.SEAL and stage is Stage.SEALING and self.taken and self.taken.paddle == act.paddle:
            return self, (line_of(act, "LEADING"),)
        envelopes, outcome = self.envelopes.take(act, stage)
        return replace(self, envelopes=envelopes), (line_of(act, outcome),)

    def _last_word(self, act: Act) -> tuple["DutchSealedBest", tuple[Line, ...]]:
        assert self.taken is not None, "somebody stopped the clock"
        assert self.standing is not None, "and leads, or was outdone"
        least = self.increments.above(self.standing.price)
        if act.paddle != self.taken.paddle:
            fate = "NOT_TAKER"
        elif self.standing.paddle == act.paddle:
            fate = "LEADING"
        elif act.amount < least or act.amount > least.times(TEN_TIMES):
            fate = "TOO_LOW" if act.amount < least else "TOO_HIGH"
        else:
            return replace(self, last_word=act.amount), (Line(act.paddle, act.amount, "ACCEPTED"),)
        return self, (Line(act.paddle, act.amount, fate),)

    def _best_envelope(self) -> Award | None:
        if self.taken is None:
            return None
        least = self.increments.above(self.taken.price)
        bids: list[SealedBid] = self.envelopes.bids()
        found = open_envelopes(SealedKind.FIRST_PRICE, bids, least, opens_at=self.ends_at, now=self.ends_at)
        return Award(int(found.bidder), found.price) if found else None

    def _stage(self, at: datetime) -> Stage:
        return stage_at(
            self.terms, at, opens_at=self.dutch.clock.starts_at, closes_at=self.closes_at, ends_at=self.ends_at, taken=self.taken is not None
        )  # fmt: skip
