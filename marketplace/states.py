"""State machines as tables: which step may be taken from which state, by whom, and on what proof.

Every machine of the trade (a lot, a pledge, a loan, an auction ...) is a tuple of `Transition` rows that reads like
the table in a contract. A step that no row lists is refused; so is a step by the wrong party, or without the proof
that its guards ask for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from tenants.errors import Conflict, NotAllowed, word

S = TypeVar("S", bound=StrEnum)


class Actor(StrEnum):
    """Who may take a step: the kinds of organisation, and three that are none (the system's timers, a court,
    everybody's agent).
    """

    BANK = "BANK"
    CORE_ENTERPRISE = "CORE_ENTERPRISE"
    SME = "SME"
    LOGISTICS = "LOGISTICS"
    WAREHOUSE_OPERATOR = "WAREHOUSE_OPERATOR"
    SUPERVISOR = "SUPERVISOR"
    BUYER = "BUYER"
    AUCTIONEER = "AUCTIONEER"
    INSURER = "INSURER"
    APPRAISER = "APPRAISER"
    PLATFORM = "PLATFORM"
    REGULATOR = "REGULATOR"
    SYSTEM = "SYSTEM"
    COURT = "COURT"


@dataclass(frozen=True, slots=True)
class Guard:
    """A proof that a step needs: a name for programs and, where it is missing, the sentence for people."""

    name: str
    because: str


@dataclass(frozen=True, slots=True)
class Transition(Generic[S]):
    """One row: from `source` (None: it does not exist yet) by `action` to `to` (None: back to the state kept when it
    was left).

    `after` makes it a timeout: the system takes the step once that long has passed in `source`.
    """

    source: S | None
    action: str
    to: S | None
    by: frozenset[Actor]
    guards: tuple[Guard, ...] = ()
    four_eyes: bool = False
    after: timedelta | None = None


def step(
    sources: S | tuple[S, ...] | None,
    action: str,
    to: S | None,
    *by: Actor,
    guards: tuple[Guard, ...] = (),
    four_eyes: bool = False,
    after: timedelta | None = None,
) -> tuple[Transition[S], ...]:
    """Rows of a table: the same step from each of several sources."""
    each = sources if isinstance(sources, tuple) else (sources,)
    return tuple(Transition(source, action, to, frozenset(by), guards, four_eyes, after) for source in each)


class Machine(Generic[S]):
    """A named table of transitions, one row at most for a state and an action."""

    def __init__(self, name: str, *rows: tuple[Transition[S], ...]) -> None:
        self.name = name
        self.transitions = tuple(row for group in rows for row in group)
        self._rows = {(row.source, row.action): row for row in self.transitions}
        assert len(self._rows) == len(self.transitions), f"{name}: one row for a state and an action"
        assert all(row.by for row in self.transitions), f"{name}: every step has somebody who may take it"

    def find(self, state: S | None, action: str) -> Transition[S]:
        """The row for this step. Refuses a step that is not listed."""
        row = self._rows.get((state, action))
        if row is None:
            raise Conflict(
                "step_not_listed",
                "%(machine)s: this step is not possible in the state “%(state)s”.",
                machine=word(self.name),
                state=word(in_words(state) if state else "Not begun"),
            )
        return row

    def next_state(self, state: S | None, action: str, *, kept: S | None = None) -> S:
        """Where the step leads. `kept` is the state remembered at a freeze or pause, needed only for the step back."""
        row = self.find(state, action)
        if row.to is not None:
            return row.to
        return self._back_to(row, kept)

    def advance(
        self,
        state: S | None,
        action: str,
        *,
        actor: str,
        met: Collection[str] = (),
        kept: S | None = None,
    ) -> S:
        """Where the step leads when `actor` takes it with the proofs named in `met`; refuses the wrong actor or a
        missing proof.
        """
        row = self.find(state, action)
        if actor not in row.by:
            raise NotAllowed(
                "step_not_yours", "%(machine)s: this step is for somebody else to take.", machine=word(self.name)
            )
        for guard in row.guards:
            if guard.name not in met:
                raise Conflict(guard.name, guard.because)
        return self.next_state(state, action, kept=kept)

    def steps_from(self, state: S | None) -> tuple[Transition[S], ...]:
        """All that may be done next, in the order of the table: what a screen may offer."""
        return tuple(row for row in self.transitions if row.source == state)

    def due_at(self, state: S, action: str, entered_at: datetime) -> datetime:
        """When the timeout `action` falls due for something that entered `state` then."""
        after = self.find(state, action).after
        assert after is not None, f"{self.name}: {action} is not a timeout"
        return entered_at + after

    def is_final(self, state: S) -> bool:
        """Whether nothing can follow."""
        return not self.steps_from(state)

    def _back_to(self, row: Transition[S], kept: S | None) -> S:
        """The kept state, provided that the machine could have left it for here."""
        if kept is None or not any(other.source == kept and other.to == row.source for other in self.transitions):
            raise Conflict(
                "kept_state_impossible",
                "%(machine)s: there is no state to go back to.",
                machine=word(self.name),
            )
        return kept


def in_words(state: StrEnum) -> str:
    """A state's code as English words: "Under review". The screens' badges may say it more finely."""
    return str(state).replace("_", " ").capitalize()
