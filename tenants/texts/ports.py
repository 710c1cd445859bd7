"""What carries text messages; chosen where the house is put together."""

from dataclasses import dataclass
from typing import Any, Protocol


class Texts(Protocol):
    """Carries a text to a phone. May carry one twice (`key` lets the far side drop a second copy); raises where it could not."""

    def send(self, *, key: str, to: str, text: str) -> None: ...


class NoTexts:
    """Where no gateway is named: nobody can give a phone, so nothing is ever sent."""

    def send(self, **_message: Any) -> None:
        raise AssertionError("no text is written where none can be sent")


@dataclass
class _Chosen:
    texts: Texts
    public_url: str
    shows_codes: bool


_chosen = _Chosen(NoTexts(), "", False)


def text_by(texts: Texts, *, public_url: str, shows_codes: bool = False) -> None:
    """Choose what carries texts, the address that they point to, and whether codes may be read on the screen (in a demo, where no phone rings)."""
    _chosen.texts, _chosen.public_url, _chosen.shows_codes = texts, public_url, shows_codes


def texts() -> Texts:
    return _chosen.texts


def are_sent() -> bool:
    """Whether this installation sends text messages at all."""
    return not isinstance(_chosen.texts, NoTexts)


def public_url() -> str:
    return _chosen.public_url


def shows_codes() -> bool:
    return _chosen.shows_codes
