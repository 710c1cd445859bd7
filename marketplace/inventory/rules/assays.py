"""A newer certificate about goods that were verified: when it may supersede what counts now."""

from datetime import date
from decimal import Decimal

from tenants.errors import Conflict, Invalid


def require_newer(certified_on: date, known_since: date, today: date) -> None:
    """Refuse a certificate of a day to come, and one that is older than what counts now: only later evidence supersedes earlier."""
    if certified_on > today:
        raise Invalid("certificate_ahead", "No certificate is from a day to come.", field="certified_on")
    if certified_on < known_since:
        raise Conflict("certificate_older", "What counts now was found on %(day)s: an older certificate does not supersede it.", field="certified_on", day=str(known_since))  # fmt: skip


def require_change(moisture: Decimal | None, expires_on: date | None, now: tuple[Decimal | None, date | None]) -> None:
    """Refuse an assay that says nothing other than what counts (`now`: moisture and expiry)."""
    if moisture in (None, now[0]) and expires_on in (None, now[1]):
        raise Invalid("assay_empty", "Enter the moisture or the expiry that the certificate says instead.", field="moisture")  # fmt: skip
