"""Events of no trade, and the log over them."""

import secrets
from dataclasses import dataclass
from typing import ClassVar

from tenants.events import Fact
from tenants.log import witness
from tenants.log.actions import keep_cosignature, register_witness
from tenants.log.notes import COSIGNATURE, Note, Signature, VerifierKey
from tenants.log.queries import newest
from tenants.log.writing import MOST, write_log
from tenants.workspace import WitnessKey, enter
from tests.factories import Firm, World


@dataclass(frozen=True, kw_only=True)
class Happening(Fact):
    """Something of no consequence."""

    says: ClassVar[str] = "Something happened."
    quiet: ClassVar[bool] = True
    number: int


def an_event(firm: Firm, number: int = 1) -> int:
    """One event of a firm's own; its sequence."""
    with firm.owner.ws() as ws:
        return ws.record(Happening(number=number), on=firm.tenant_id)


def written(world: World, most: int = MOST) -> int:
    """All that waits, taken into the tree. Returns how many there were."""
    done = 0
    with world.worker_app.app_context():
        while taken := write_log(most):
            done += taken
    return done


def witnessed(firm: Firm, *, at: int) -> VerifierKey:
    """The log as it stands, signed by a new witness of the firm; its key. `at`: by the witness's own clock."""
    secret = witness.Secret(secrets.token_bytes(32))
    key = VerifierKey(f"{secret.public.hex()[:8]}.example", COSIGNATURE, secret.public)
    with firm.owner.ws() as ws:
        found, text = register_witness(ws, key=str(key)), Note.read(newest(ws).note).text
    blob = at.to_bytes(8) + secret.sign(witness.cosigned(text, at))
    with firm.world.app.app_context(), enter(WitnessKey(key.public)) as ws:
        keep_cosignature(ws, found, Note(text, (Signature(key.name, key.id, blob),)), world_at=at)
    return key
