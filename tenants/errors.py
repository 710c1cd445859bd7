"""Refusals: what the house says when a request may not be granted, in words that a person can act on.

A refusal is not a bug. It names a stable `code` (for programs), a reason (an English sentence with `%(name)s` places, translated at
the door), the `field` at fault where there is one, and the facts that fill the sentence. Doors map the kinds to HTTP; nobody else does.
"""

from collections.abc import Iterator
from contextlib import contextmanager


class Refused(Exception):
    """A request refused for a reason of the trade."""

    def __init__(self, code: str, because: str, *, field: str | None = None, **facts: object) -> None:
        self.code = code
        self.because = because
        self.field = field
        self.facts = facts
        super().__init__(f"{code}: {self.in_english()}")

    def in_english(self) -> str:
        """The reason with its facts filled in, untranslated: for logs and for programs."""
        return self.because % {name: _plain(fact) for name, fact in self.facts.items()} if self.facts else self.because


def _plain(fact: object) -> object:
    return fact["word"] if isinstance(fact, dict) and "word" in fact else fact


@contextmanager
def at_field(name: str) -> Iterator[None]:
    """What is refused inside, and names no field itself, is a fault of this one: a value object knows what is wrong, its caller knows where."""
    try:
        yield
    except Refused as wrong:
        wrong.field = wrong.field or name
        raise


def word(text: str) -> dict[str, object]:
    """An English word among the facts of a refusal or an event that the door puts into the reader's language."""
    return {"word": text, "facts": {}}


class NotFound(Refused):
    """The thing does not exist, or belongs to somebody else: the two are never told apart."""


class NotAllowed(Refused):
    """The person is known and the thing is visible, but this role may not do this."""


class Invalid(Refused):
    """What was sent cannot be right, whoever sends it."""


class Conflict(Refused):
    """What was sent could be right, but the state of the thing forbids it now."""


class Unavailable(Refused):
    """Something that this needs is missing for the moment: a price, a clock, a party that must answer first."""
