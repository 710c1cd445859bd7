"""What a door hands to the storing side, and what it gets back."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tenants.errors import Refused


@dataclass(frozen=True, slots=True)
class Incoming:
    """A framed message as received (see `envelope`), not verified yet, and the device that its topic or URL names.

    Nothing here is trusted: the device is who it says only once `envelope.opened` has verified the signature under
    that device's key.
    """

    device_id: UUID
    payload: bytes
    tenant_id: UUID | None = None


class Verdict(StrEnum):
    """What became of a message."""

    STORED = "stored"  # committed
    DUPLICATE = "duplicate"  # committed earlier: the same batch again
    REFUSED = "refused"  # can never be stored as it is: sending it again is useless
    LATER = "later"  # not stored, try again: the database is away, the device's workspace is busy


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict, with the code of the refusal where there is one."""

    verdict: Verdict
    code: str = ""

    @property
    def final(self) -> bool:
        """True where the sender may forget the message."""
        return self.verdict is not Verdict.LATER

    @property
    def label(self) -> str:
        """For counters: `stored`, `refused:bad_signature`, ..."""
        return f"{self.verdict}:{self.code}" if self.code else str(self.verdict)


STORED = Outcome(Verdict.STORED)
DUPLICATE = Outcome(Verdict.DUPLICATE)
LATER = Outcome(Verdict.LATER)


def refused(reason: Refused) -> Outcome:
    """The outcome of a message that was refused for good."""
    return Outcome(Verdict.REFUSED, reason.code)


Take = Callable[[list[Incoming]], list[Outcome]]
"""Stores messages and tells, one outcome for each and in the same order, what became of them.

When it returns, whatever it calls STORED or DUPLICATE is committed. It may raise: then nothing is acknowledged and
the messages come again. To keep a device's messages in order, LATER for one is LATER for all that follow of it.
"""
