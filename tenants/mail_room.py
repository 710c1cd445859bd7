"""The mail room: what carries letters is somebody else's (the port), chosen where the house is put together."""

from typing import Any, Protocol


class MailRoom(Protocol):
    """Carries letters. May carry one twice, never loses one silently: `key` lets the far side drop a second copy."""

    def send(self, *, key: str, to: list[str], kind: str, facts: dict[str, Any], link: str) -> None: ...


class NoMail:
    """Where no mail is configured, notifications stay in the product: no letter is owed, and what was owed before is let go."""

    def send(self, **_letter: Any) -> None:
        return None


_room: list[MailRoom] = [NoMail()]


def use_mail_room(room: MailRoom) -> None:
    """Choose what carries letters."""
    _room[0] = room


def mail_room() -> MailRoom:
    """What carries them."""
    return _room[0]


def mail_goes_out() -> bool:
    """Whether this installation sends letters at all."""
    return not isinstance(_room[0], NoMail)
