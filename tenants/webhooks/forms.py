"""The forms in which a webhook is told: signed JSON for programs, or the one line that a chat's incoming webhook takes. Pure."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Any


class Form(StrEnum):
    """Whom a webhook speaks to."""

    SIGNED = "signed"
    SLACK = "slack"  # and what is compatible: Mattermost, Rocket.Chat
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


CHATS: dict[Form, Callable[[str], dict[str, Any]]] = {
    Form.SLACK: lambda text: {"text": text},
    Form.WECOM: lambda text: {"msgtype": "text", "text": {"content": text}},
    Form.DINGTALK: lambda text: {"msgtype": "text", "text": {"content": text}},
    Form.FEISHU: lambda text: {"msg_type": "text", "content": {"text": text}},
}
LONGEST = 1500


def line(form: Form, says: str, address: str) -> str:
    """The body for a chat: the sentence and where to look. It names us, as some robots ask a keyword of each line."""
    return json.dumps(CHATS[form](f"Bailee: {says[:LONGEST]}\n{address}".strip()), ensure_ascii=False)


def is_refused(answer: bytes) -> bool:
    """Whether a chat answered 200 and yet did not take the line: WeCom and DingTalk say so by `errcode`, Feishu by `code`."""
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and any(told.get(name) not in (None, 0, "0") for name in ("errcode", "code"))
