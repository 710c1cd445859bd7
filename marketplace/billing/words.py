"""Words that the operator's people write beside what they do about fees."""

from tenants.errors import Invalid

WORDS_MOST = 500
REFERENCE_MOST = 64


def said(field: str, words: str, *, most: int = WORDS_MOST) -> str:
    """A few words that must be there."""
    written = words.strip()
    if not 1 <= len(written) <= most:
        raise Invalid("words_missing", "Write 1 to %(most)s characters.", field=field, most=most)
    return written
