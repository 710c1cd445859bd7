"""The reason that somebody gives for an act that others have to bear."""

from tenants.errors import Invalid


def said_why(because: str) -> str:
    """The reason, without the blanks around it. Refuses fewer than 3 characters and more than 500."""
    reason = because.strip()
    if not 3 <= len(reason) <= 500:
        raise Invalid("because_missing", "Say why, in 3 to 500 characters.", field="because")
    return reason
