"""The lines that the documentation gives to receivers verify what we sign."""

import re
import time
from pathlib import Path
from typing import Any

from tenants.webhooks.signing import signature

DOCS = Path(__file__).parents[3] / "docs" / "webhooks.md"
SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def test_the_documented_lines_verify() -> None:
    [lines] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    told: dict[str, Any] = {}
    exec(lines, told)
    now, body = int(time.time()), '{"says": "铜"}'.encode()

    def headers(at: int) -> dict[str, str]:
        return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": signature([OTHER, SECRET], "msg_1", at, body)}  # fmt: skip

    assert told["is_ours"](SECRET, headers(now), body)
    assert not told["is_ours"](SECRET, headers(now), body + b" ")
    assert not told["is_ours"](SECRET, headers(now - 900), body)
    assert not told["is_ours"]("whsec_" + "B" * 32, headers(now), body)
