"""Devices for tests: real keys, real signatures, real chains; taken on, put in place and heard by the same actions that people and the gateway use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from secrets import token_hex
from typing import Any
from uuid import UUID

from nacl.signing import SigningKey

from integrations.devices.envelope import opened
from integrations.devices.intake import Incoming
from integrations.devices.simulator import SimulatedDevice
from marketplace.inventory.actions import share_lot
from marketplace.inventory.models import Lot
from marketplace.supervision import actions
from marketplace.supervision.models.devices import Device
from marketplace.supervision.readings.ports import Sample, SignedBatch, Standing
from tests.factories import Firm, World
from tests.marketplace.inventory.makers import a_verified_lot


@dataclass
class Scene:
    """Four firms and a lot that is verified and can be watched."""

    world: World
    sme: Firm
    warehouse: Firm
    supervisor: Firm
    bank: Firm
    lot: Lot


def a_scene(world: World, *, amount: str = "498.750") -> Scene:
    """A verified lot of so many tonnes, seen by its bank; ten minutes after the last booking, when the scales have come to rest."""
    firms = world.firm("SME"), world.firm("WAREHOUSE_OPERATOR"), world.firm("SUPERVISOR"), world.firm("BANK")
    sme, warehouse, supervisor, bank = firms
    lot = a_verified_lot(world, sme, warehouse, supervisor, amount=amount)
    with sme.operator.ws() as ws:
        share_lot(ws, lot.id, to=bank.tenant_id, role="bank")
    world.advance(timedelta(minutes=15))
    return Scene(world, sme, warehouse, supervisor, bank, lot)


def an_enrolled_device(
    firm: Firm, *, kind: str = "weight", interval_seconds: int = 60, **known: object
) -> SimulatedDevice:
    """A device of this firm, its secret half in the test's hands."""
    key = SigningKey.generate()
    calibrated = date(2027, 3, 1) if kind in ("weight", "combined") else None
    with firm.operator.ws() as ws:
        told: dict[str, Any] = {"calibrated_until": calibrated} | known
        described = actions.Described(
            kind=kind, name=f"{kind.title()} {token_hex(2)}", interval_seconds=interval_seconds, **told
        )
        device = actions.enrol_device(ws, described, public_key=bytes(key.verify_key))
    return SimulatedDevice(device.id, firm.tenant_id, key)


def a_sensor_below(firm: Firm, gateway: SimulatedDevice, *, kind: str = "climate") -> SimulatedDevice:
    """A simple sensor without a key, for which this gateway signs."""
    with firm.operator.ws() as ws:
        described = actions.Described(kind=kind, name=f"{kind.title()} {token_hex(2)}", interval_seconds=60)
        device = actions.enrol_device(ws, described, gateway_id=gateway.device_id)
    return SimulatedDevice(device.id, firm.tenant_id, gateway.key, signer=gateway.device_id)


def a_watching_device(
    firm: Firm, lot_id: UUID, *, kind: str = "weight", interval_seconds: int = 60, tare_kg: Decimal = Decimal(0)
) -> SimulatedDevice:
    """A device that watches this lot."""
    device = an_enrolled_device(firm, kind=kind, interval_seconds=interval_seconds)
    with firm.operator.ws() as ws:
        actions.attach_device(ws, device.device_id, lot_id=lot_id, tare_kg=tare_kg)
    return device


def weights(
    start: datetime, kilograms: Sequence[str | int], *, every: timedelta = timedelta(seconds=20)
) -> list[Sample]:
    """Readings of a scale, one after the other."""
    return [Sample("weight", Decimal(kg), "kg", start + every * n) for n, kg in enumerate(kilograms)]


def values(metric: str, unit: str, start: datetime, figures: Iterable[object], *, every: timedelta) -> list[Sample]:
    """Readings of any sensor."""
    return [
        Sample(metric, one if isinstance(one, bool) else Decimal(str(one)), unit, start + every * n)
        for n, one in enumerate(figures)
    ]


def signed(
    world: World, device: SimulatedDevice, samples: Sequence[Sample], *, at: datetime | None = None
) -> SignedBatch:
    """The device's next batch, its signature verified as the door does it."""
    payload = device.batch(samples, sent_at=at)
    return opened(Incoming(device.device_id, payload, device.tenant_id), device.public_key, at or world.now)


def take(world: World, device: SimulatedDevice, *batches: SignedBatch) -> list[Standing]:
    """Let the house take these, in one transaction, as the gateway does."""
    with world.device_ws(device.device_id) as ws:
        return actions.take_batches(ws, batches)


def say(world: World, device: SimulatedDevice, samples: Sequence[Sample]) -> list[Standing]:
    """The device says this now: the clock goes on to its last reading."""
    last = max(sample.at for sample in samples)
    if last > world.now:
        world.set_clock(last)
    return take(world, device, signed(world, device, samples, at=last))


def device_of(firm: Firm, device: SimulatedDevice) -> Device:
    """The register's entry."""
    with firm.operator.ws(read_only=True) as ws:
        found = ws.session.get(Device, (firm.tenant_id, device.device_id))
        assert found
        return found
