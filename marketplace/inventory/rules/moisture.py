"""How wet goods are: the share of their weight that is water, as a laboratory certifies it."""

from decimal import Decimal

from tenants.errors import Invalid

PLACES = 6


def require_moisture(share: Decimal | None, certificate: str) -> Decimal | None:
    """Moisture as a share of the weight, or none where it was not measured.

    Refuses what is no share below one, what is finer than a ten-thousandth of a per cent, and a figure without the certificate that says so.
    """
    if share is None:
        if certificate:
            raise Invalid("moisture_missing", "The certificate says a moisture: enter it.", field="moisture")
        return None
    if not 0 <= share < 1 or round(share, PLACES) != share:
        raise Invalid("moisture_out_of_range", "Moisture is a share of at least 0 and less than 1.", field="moisture")
    if not certificate:
        raise Invalid("certificate_missing", "Name the certificate that says so.", field="moisture_certificate")
    return share
