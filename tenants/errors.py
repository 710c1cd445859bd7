"""Refusals: what the house says when a request may not be granted, in words that a person can act on.

A refusal is not a bug. It names a stable `code` (for programs), a reason (an English sentence with `%(name)s` places, translated at
the door), the `field` at fault where there is one, and the facts that fill the sentence. Doors map the kinds to HTTP; nobody else does.
"""


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
        return self.because % self.facts if self.facts else self.because


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
