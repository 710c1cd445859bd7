"""Text messages by the HTTP gateway that an operator names, or into a folder in a demo, where they are read on the screen."""

import json
from pathlib import Path
from typing import Any

import requests

ANSWER_SECONDS = 10
BODY = '{"to": "{to}", "text": "{text}", "id": "{key}"}'


class GatewayRefused(Exception):
    """The gateway did not take a message; the outbox offers it again."""


class HttpTexts:
    """Posts JSON made after `body`, in whose strings `{to}`, `{text}` and `{key}` are filled in; `authorization` is sent as the header of that name."""

    def __init__(self, url: str, *, authorization: str = "", body: str = BODY) -> None:
        self.url, self.authorization, self.body = url, authorization, json.loads(body)

    def send(self, *, key: str, to: str, text: str) -> None:
        headers = {"Authorization": self.authorization} if self.authorization else {}
        filled = _filled(self.body, {"{to}": to, "{text}": text, "{key}": key})
        answer = requests.post(self.url, json=filled, headers=headers, timeout=ANSWER_SECONDS, allow_redirects=False)
        if not 200 <= answer.status_code < 300:
            raise GatewayRefused(f"HTTP {answer.status_code}")


class FolderTexts:
    """Writes each message into a folder, under its key: a second copy replaces the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, *, key: str, to: str, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{key}.txt").write_text(f"To: {to}\n\n{text}\n", "utf-8")


def _filled(part: Any, places: dict[str, str]) -> Any:
    """The template with its places filled. A value is never looked through for further places."""
    if isinstance(part, dict):
        return {name: _filled(value, places) for name, value in part.items()}
    if isinstance(part, list):
        return [_filled(value, places) for value in part]
    if not isinstance(part, str):
        return part
    at = min((place for place in places if place in part), key=part.index, default=None)
    if at is None:
        return part
    before, _, after = part.partition(at)
    return before + places[at] + str(_filled(after, places))
