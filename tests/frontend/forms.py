"""What a browser would send along with a form."""

import re
from typing import Any

from frontend.proposals import LAID_OPEN
from tests.factories import Person


def form_fields(html: str) -> dict[str, str]:
    """The hidden fields that every form carries: its token and its idempotency key (those of the page's last form)."""
    return dict(re.findall(r'<input type="hidden" name="(csrf_token|_key)" value="([^"]+)"', html))


def reads_before_deciding(member: Person, *words: str) -> dict[str, Any]:
    """What a second person sees of the proposals that wait holds these words; the page is there in Chinese too. Gives what a machine reads of the newest."""
    browser = member.browser()
    assert browser.get("/approvals?lang=zh").status_code == 200
    page = browser.get("/approvals?lang=en").text
    assert not [one for one in words if one not in page]
    read: list[dict[str, Any]] = member.call("GET", "/approvals").json["items"]
    assert all(one["terms"]["act"] == one["act"] for one in read if one["act"] in LAID_OPEN)
    return read[-1]
