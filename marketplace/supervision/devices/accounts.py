"""A device's own account at the embedded broker: under it the device writes its own batches and reads its own receipts, and nothing else.

The signature says who speaks; the account keeps one device from filling another's line, and a revoked one from the broker altogether. The password is grown
from the installation's secret, the device and its version: the database holds none, and the gateway tells the broker who is let in.
"""

import base64
import hmac
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from marketplace.supervision.devices.enrolment import find_device
from marketplace.supervision.events import BrokerAccountGiven
from tenants.errors import Conflict
from tenants.workspace import Workspace


@dataclass
class _Chosen:
    installation: str
    address: str


_chosen = _Chosen("", "")


@dataclass(frozen=True)
class BrokerAccount:
    """What is entered at the device: where the broker is, its user, and the password that is shown once."""

    address: str
    user: str
    password: str


def let_in_by(installation: str, address: str) -> None:
    """Choose the secret that passwords grow from and the address that devices connect to; without an address the broker is somebody else's."""
    _chosen.installation, _chosen.address = installation, address


def grown_password(installation: str, device_id: UUID, version: int) -> str:
    """The password of a device's account; another with each version."""
    made = hmac.digest(installation.encode(), f"bailee broker account 1|{device_id}|{version}".encode(), sha256)
    return base64.urlsafe_b64encode(made[:24]).decode()


def give_broker_account(ws: Workspace, device_id: UUID) -> BrokerAccount:
    """Give a device an account at the broker, or a new password for the one it has: the old one opens nothing within seconds.

    Refuses a revoked device, and an installation whose broker is the operator's own (its accounts are kept there).
    """
    ws.may("enrol_device")
    device = find_device(ws, device_id, lock=True)
    if device.revoked_at:
        raise Conflict("device_revoked_account", "A revoked device is let in no more: enrol it anew.")
    if not _chosen.address:
        raise Conflict("broker_elsewhere", "The broker is not ours: its operator keeps the devices’ accounts there.")
    device.broker_version += 1
    ws.record(BrokerAccountGiven(device_id=device.id, name=device.name), on=device.id)
    password = grown_password(_chosen.installation, device.id, device.broker_version)
    return BrokerAccount(_chosen.address, str(device.id), password)
