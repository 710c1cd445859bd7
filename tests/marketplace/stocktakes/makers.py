"""Surprise counts for tests: goods at a site, a phone with a real key, and pictures that it takes and signs."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from marketplace.inventory.actions import share_lot
from marketplace.inventory.models import Lot
from marketplace.stocktakes import actions, queries
from marketplace.stocktakes.models import Capture, Challenge, Stocktake
from marketplace.stocktakes.rules.statements import FORM
from tests.factories import Firm, Person, World
from tests.integrations.vision.pictures import a_picture
from tests.marketplace.inventory.makers import a_verified_lot


class APhone:
    """A browser on somebody's phone: its key, and the hash of what it said last."""

    def __init__(self, person: Person) -> None:
        self.person, self.head = person, ""
        self._key = ec.generate_private_key(ec.SECP256R1())
        with person.ws() as ws:
            self.id = actions.enrol_phone(ws, name="Phone at the gate", public_key=self.public_key).id

    @property
    def public_key(self) -> str:
        """As a browser exports it."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.b64encode(point).decode()

    def sign(self, text: str) -> str:
        """As browsers sign: r and s side by side."""
        r, s = utils.decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(SHA256())))
        return base64.b64encode(r.to_bytes(32) + s.to_bytes(32)).decode()

    def say(self, challenge: Challenge, photo: bytes, *, at: datetime, counted: str, **known: Any) -> tuple[str, str]:
        """A statement about a picture, and its signature."""
        told: dict[str, Any] = {
            "form": FORM, "challenge": str(challenge.id), "photo": sha256(photo).hexdigest(), "label": f"https://bailee.test{challenge.path}",
            "counted": counted, "taken_at": at.isoformat(), "place": None, "live": True, "previous": self.head,
        }  # fmt: skip
        text = json.dumps(told | known)
        self.head = sha256(text.encode()).hexdigest()
        return text, self.sign(text)


@dataclass
class ACount:
    """A surprise count of one lot at a warehouse, ordered by its supervisor, with the warehouse's phone at hand."""

    world: World
    sme: Firm
    warehouse: Firm
    supervisor: Firm
    bank: Firm
    lot: Lot
    id: UUID
    phone: APhone

    @property
    def row(self) -> Stocktake:
        """As the orderer sees it."""
        with self.supervisor.operator.ws(read_only=True) as ws:
            return queries.find_stocktake(ws, self.id)

    def challenges(self, person: Person | None = None) -> list[Challenge]:
        """As the orderer, or somebody else, sees them."""
        with (person or self.supervisor.operator).ws(read_only=True) as ws:
            return queries.challenges_of(ws, self.id)

    def open(self, together: int = 1) -> Challenge:
        """The warehouse takes the next lots; the first of them."""
        with self.warehouse.operator.ws() as ws:
            return actions.open_challenges(ws, self.id, together=together)[0]

    def answer(self, challenge: Challenge, photo: bytes | None = None, *, counted: str = "100.000", **known: Any) -> Capture:  # fmt: skip
        """The warehouse's phone shows it now, as it was asked to unless told otherwise."""
        taken = photo or a_picture(challenge.cards or [], challenge.view or "")
        statement, signature = self.phone.say(challenge, taken, at=self.world.now, counted=counted, **known)
        return self.send(challenge.id, taken, statement, signature)

    def send(self, challenge_id: UUID, photo: bytes, statement: str, signature: str) -> Capture:
        """What the phone sends."""
        with self.warehouse.operator.ws() as ws:
            return actions.answer_challenge(ws, challenge_id, phone_id=self.phone.id, photo=photo, statement=statement, signature=signature)  # fmt: skip


def a_count(world: World, *, hours: int = 4) -> ACount:
    """Ordered now; the phone was enrolled two days ago."""
    firms = (
        world.firm("SME"),
        world.firm("WAREHOUSE_OPERATOR", "SUPERVISOR"),
        world.firm("SUPERVISOR"),
        world.firm("BANK"),
    )
    sme, warehouse, supervisor, bank = firms
    lot = a_verified_lot(world, sme, warehouse, supervisor)
    with sme.operator.ws() as ws:
        share_lot(ws, lot.id, to=bank.tenant_id, role="bank")
    phone = APhone(warehouse.operator)
    world.advance(timedelta(days=2))
    stocktake = ordered(supervisor, lot.site_id, warehouse, hours=hours)
    return ACount(world, sme, warehouse, supervisor, bank, lot, stocktake.id, phone)


def ordered(orderer: Firm, site_id: UUID, walker: Firm, *, hours: int = 4) -> Stocktake:
    """An order with the usual terms."""
    with orderer.operator.ws() as ws:
        return actions.order_stocktake(
            ws, site_id, walker_id=walker.tenant_id, hours=hours, confidence=Decimal("0.95"), tolerable=Decimal("0.10")
        )
