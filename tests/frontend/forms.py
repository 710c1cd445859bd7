"""What a browser would send along with a form."""

import re


def form_fields(html: str) -> dict[str, str]:
    """The hidden fields that every form carries: its token and its idempotency key (those of the page's last form)."""
    return dict(re.findall(r'<input type="hidden" name="(csrf_token|_key)" value="([^"]+)"', html))
