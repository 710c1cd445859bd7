"""Lines to chats: what each chat's incoming webhook takes, and how it says that it did not."""

import json

import pytest

from tenants.webhooks.forms import CHATS, LONGEST, Form, is_refused, line


@pytest.mark.parametrize(("form", "told"), [
    (Form.SLACK, {"text": "Bailee: Alarm 铜\nhttps://b/1"}),
    (Form.WECOM, {"msgtype": "text", "text": {"content": "Bailee: Alarm 铜\nhttps://b/1"}}),
    (Form.DINGTALK, {"msgtype": "text", "text": {"content": "Bailee: Alarm 铜\nhttps://b/1"}}),
    (Form.FEISHU, {"msg_type": "text", "content": {"text": "Bailee: Alarm 铜\nhttps://b/1"}}),
])  # fmt: skip
def test_a_chat_is_told_in_its_form(form: Form, told: object) -> None:
    assert json.loads(line(form, "Alarm 铜", "https://b/1")) == told


def test_every_chat_has_its_form_and_no_line_is_too_long() -> None:
    assert set(CHATS) == set(Form) - {Form.SIGNED}
    assert len(line(Form.WECOM, "铜" * 10_000, "https://b/1")) < LONGEST + 100


@pytest.mark.parametrize(("answer", "refused"), [
    (b'{"errcode":0,"errmsg":"ok"}', False), (b'{"errcode":93000,"errmsg":"invalid webhook url"}', True), (b'{"code":0}', False),
    (b'{"code":19021,"msg":"sign match fail"}', True), (b"ok", False), (b"", False), (b"[1]", False), (b'{"errcode":', False), (b"\xff", False),
])  # fmt: skip
def test_a_refusal_behind_a_200_is_known(answer: bytes, refused: bool) -> None:
    assert is_refused(answer) is refused
