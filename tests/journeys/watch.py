"""Watch over goods: devices with keys of their own are enrolled, sign what they see, and their lot's page shows it while one looks."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import requests
from nacl.signing import SigningKey

from integrations.devices.envelope import unframed
from integrations.devices.http import SIGNATURE_HEADER, signature_header
from integrations.devices.simulator import SimulatedDevice
from marketplace.supervision.readings.ports import Sample
from tests.journeys.goods import Lot
from tests.journeys.house import House
from tests.journeys.people import Company, Person


class Scale:
    """A scale under a lot: it signs with a key that nobody else has and posts as any device would."""

    def __init__(self, inspector: Person) -> None:
        key, self.url = SigningKey.generate(), inspector.house.url
        inspector.goes("/devices/new")
        inspector.fills(
            kind="weight", name="Scale A-01", public_key=bytes(key.verify_key).hex(), interval_seconds="86400"
        )
        inspector.fills(calibrated_until="2027-03-31", certificate="CNAS-2026-118")
        inspector.presses("Enrol")
        self.page = inspector.path
        self.device = SimulatedDevice(UUID(self.page.rpartition("/")[2]), UUID(int=0), key)

    def reports(self, tonnes: str, at: datetime) -> int:
        """Say what lies on it. Returns the door's answer."""
        return self.sends(self.device.batch([Sample("weight", Decimal(tonnes) * 1000, "kg", at)]))

    def sends(self, message: bytes) -> int:
        """Send one message, whoever signed it."""
        content_type, signature, body = unframed(message)
        headers = {SIGNATURE_HEADER: signature_header(signature), "Content-Type": content_type}
        door = f"{self.url}/api/v1/devices/{self.device.device_id}/batches"
        return requests.post(door, data=body, headers=headers, timeout=60).status_code


def days_pass(house: House, scale: Scale, *, to: datetime) -> None:
    """Days pass, and each of them the scale says what lies on it: a device that falls silent would freeze its lot."""
    while house.now + timedelta(days=1) < to:
        house.wait(days=1)
        assert scale.reports("59.980", house.now) == 201
    house.wait(to=to)


def put_under_watch(company: Company, lot: Lot) -> Scale:
    """The supervisor puts a scale under the lot; whoever looks at the lot sees the weight come in without asking again."""
    inspector, sme = company.inspector, company.sme
    scale = Scale(inspector)
    inspector.follows("Attach")
    inspector.fills(lot_id=lot.number)
    inspector.presses("Attach")
    inspector.sees("Nothing heard yet")
    sme.goes(lot.page)
    for viewer in (inspector, sme):
        viewer.watches_live()
    assert scale.reports("59.980", company.house.now) == 201
    for viewer in (inspector, sme):
        viewer.sees("59,980")
    sme.judges()
    return scale


def turn_a_forger_away(company: Company, scale: Scale, lot: Lot) -> None:
    """Who knows the device's name but not its key is refused at the door; an alarm rings, and the supervisor looks into it."""
    forger = SimulatedDevice(scale.device.device_id, scale.device.tenant_id, SigningKey.generate(), sequence=1)
    assert scale.sends(forger.batch([Sample("weight", Decimal(99_000), "kg", company.house.now)])) == 401
    company.house.settle()
    inspector = company.inspector
    inspector.goes(scale.page)
    inspector.sees("59,980", "False signature")
    inspector.sees_not("99,000")
    inspector.judges()
    inspector.goes("/alarms")
    inspector.follows_row(lot.number)
    inspector.presses("Acknowledge")
    conclude(inspector, "TRUE", "Somebody copied the label; the key is safe.", "photo of the label, 118")


def conclude(inspector: Person, finding: str, note: str, evidence: str) -> None:
    """Close the alarm that one looks at with what it turned out to be."""
    inspector.opens("Close")
    inspector.fills(inspector.dialog, disposition=finding, note=note)
    inspector.presses("Close", within=inspector.dialog)
    inspector.is_refused("evidence")
    inspector.fills(inspector.dialog, evidence=evidence)
    inspector.presses("Close", within=inspector.dialog)
    inspector.sees("Disposition", evidence)
