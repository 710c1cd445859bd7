"""Numbers, codes and limits of text messages. Pure."""

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from tenants.errors import Conflict, Invalid

CODE_LIFE = timedelta(minutes=10)
BETWEEN_CODES = timedelta(minutes=1)
MOST_TRIES = 5
MOST_AN_HOUR = 20
LONGEST = 300


def read_number(written: str) -> str:
    """A number as E.164 has it: a plus, the country, the subscriber, eight to fifteen digits. Blanks, dashes and brackets between them are passed over."""
    number = re.sub(r"[\s()./-]", "", written)
    if not re.fullmatch(r"\+[1-9][0-9]{7,14}", number):
        raise Invalid("number_wrong", "Write the number with its country, such as +86 138 0013 8000.", field="number")
    return number


def hash_of(person_id: UUID, number: str, code: str) -> bytes:
    """What is kept of a code. It counts for this person and this number alone."""
    return sha256(f"{person_id}|{number}|{code}".encode()).digest()


def check_patience(asked_at: datetime | None, now: datetime) -> None:
    """A code a minute: whoever has the form must not be able to flood somebody's phone."""
    if asked_at is not None and now - asked_at < BETWEEN_CODES:
        raise Conflict("code_on_its_way", "A code was sent a moment ago. Wait a minute before you ask for another.")


def is_right(kept: bytes | None, given: bytes, *, asked_at: datetime | None, tries: int, now: datetime) -> bool:
    """Whether a code opens: the one that was sent, within ten minutes, within five tries."""
    if kept is None or asked_at is None or tries > MOST_TRIES or now - asked_at > CODE_LIFE:
        return False
    return hmac.compare_digest(kept, given)


def require_failed(sent_at: datetime | None, *, is_code: bool, is_own: bool) -> None:
    """A message goes out again only where it never did, to a number that is still its person's; a code is asked for anew."""
    if sent_at is not None:
        raise Conflict("text_delivered", "This message was delivered already.")
    if is_code:
        raise Conflict("code_again", "A code counts for ten minutes: ask for another.")
    if not is_own:
        raise Conflict("number_gone", "The number that this message was for is no longer yours.")


def text_of(says: str, address: str) -> str:
    """A notice as a text message: its sentence, cut where it is long, and where to look."""
    sentence = " ".join(says.split())
    room = LONGEST - len(address) - 1
    return f"{sentence if len(sentence) <= room else sentence[: room - 1] + '…'} {address}"


def masked(number: str) -> str:
    """A number as a log may show it."""
    return f"{number[:3]}…{number[-4:]}"
