"""What a browser would send along with a form."""

import re

from tests.factories import Person


def form_fields(html: str) -> dict[str, str]:
    """The hidden fields that every form carries: its token and its idempotency key (those of the page's last form)."""
    return dict(re.findall(r'<input type="hidden" name="(csrf_token|_key)" value="([^"]+)"', html))


def reads_before_deciding(member: Person, *words: str) -> None:
    """What a second person sees of the proposals that wait holds these words; the page is there in Chinese too."""
    browser = member.browser()
    assert browser.get("/approvals?lang=zh").status_code == 200
    page = browser.get("/approvals?lang=en").text
    assert not [one for one in words if one not in page]
