"""A deal with something of every kind of evidence, bundles of it, and the strangers' programs to check them."""

import importlib
import io
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

from marketplace.disposal.ports import signer
from marketplace.disposal.record import recompute
from marketplace.evidence import actions, check_bundle
from marketplace.evidence.rules import MANIFEST, SIGNATURE, archive_of, signed_text
from marketplace.financing.actions import record_repayment
from marketplace.inventory import actions as inventory
from marketplace.inventory.rules.receipts import WRITTEN
from marketplace.quantity import Quantity
from marketplace.supervision.seals import check_readings
from tenants import approvals
from tenants.log import witness
from tests import cluster
from tests.factories import Firm, Person, World
from tests.marketplace.disposal.makers import Enforced, an_enforced_sale
from tests.marketplace.documents.makers import PDF, a_document
from tests.marketplace.financing.makers import ADeal, a_request, a_running_loan, decided, default_on, yuan
from tests.marketplace.supervision.makers import a_watching_device, say, weights

Files = dict[str, bytes]
PROGRAMS = (check_bundle, check_readings, recompute, witness)


def a_watched_loan(world: World) -> ADeal:
    """A loan on watched goods with a paper in two versions and a receipt; the scale lost weight once, and a night was sealed."""
    deal = a_running_loan(world, deal=a_request(world, tonnes="420.000", amount="4200000.00"), limit="5460000.00", drawn="4200000.00")  # fmt: skip
    lot = deal.lots[0]
    device = a_watching_device(deal.parties.supervisor, lot.id)
    say(world, device, weights(world.now, ["420000"] * 3))
    first = a_document(deal.sme.operator, deal.deal_id, kind="contract", name="contract 合同.pdf")
    a_document(deal.sme.operator, deal.deal_id, kind="contract", name="contract 合同.pdf", content=PDF + b"\n", replaces=first.id)  # fmt: skip
    _a_receipt(deal, lot.id)
    with deal.bank.operator.ws() as ws:
        record_repayment(ws, deal.deal_id, amount=yuan("1000.00"), reference="REP-1")
    world.advance(timedelta(hours=1))
    deal.price("20400.5")
    world.advance(timedelta(hours=23))
    world.work()
    return deal


def _a_receipt(deal: ADeal, lot_id: UUID) -> None:
    with deal.parties.warehouse.operator.ws() as ws:
        written = dict.fromkeys(WRITTEN, "as agreed")
        inventory.draft_receipt(ws, lot_id, quantity=Quantity.of("420", "TNE"), written=written)
        proposal = approvals.waiting(ws)[0]
    decided(deal.parties.warehouse, proposal)


def a_sold_deal(world: World) -> Enforced:
    """The same, called, in default, its goods sold and paid for."""
    enforced = an_enforced_sale(world, deal=default_on(a_watched_loan(world)))
    enforced.sell("4200000")
    enforced.pay()
    return enforced


def bundled(world: World, person: Person, deal_id: UUID) -> Files:
    """The bundle that somebody asks for, made by the worker and taken away, opened."""
    with person.ws() as ws:
        bundle = actions.ask_evidence(ws, deal_id)
    world.work()
    with person.ws() as ws:
        content = actions.take_bundle(ws, bundle.id)[1]
    return opened(content)


def opened(archive: bytes) -> Files:
    """The files of an archive."""
    with ZipFile(io.BytesIO(archive)) as one:
        return {name: one.read(name) for name in one.namelist()}


def signed_anew(files: Files) -> Files:
    """As a house would have it that alters a bundle and signs what it made of it: only what the files say of each other can betray it."""
    told = json.loads(files[MANIFEST])
    kept = {name: content for name, content in files.items() if name not in (MANIFEST, SIGNATURE)}
    told["files"] = [{"name": name, "size": len(content), "sha256": sha256(content).hexdigest()} for name, content in kept.items()]  # fmt: skip
    manifest = json.dumps(told).encode()
    return kept | {MANIFEST: manifest, SIGNATURE: signer().sign(signed_text(manifest)).encode()}


def altered(files: Files, name: str, alter: Callable[[Any], None]) -> Files:
    """With one file altered."""
    told = json.loads(files[name])
    alter(told)
    return files | {name: json.dumps(told, ensure_ascii=False).encode()}


class Stranger:
    """Somebody with the three programs in a folder and nothing of the house."""

    def __init__(self, folder: Path, capsys: Any) -> None:
        self.folder, self.capsys = folder, capsys
        for program in PROGRAMS:
            name = Path(str(program.__file__)).name
            (folder / name).write_bytes(Path(str(program.__file__)).read_bytes())
        spec = importlib.util.spec_from_file_location("strangers_check", folder / "check_bundle.py")
        assert spec is not None
        assert spec.loader is not None
        self.program: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.program)

    def check(self, *bundles: Files, more: tuple[str, ...] = ()) -> tuple[int, str]:
        """How the program ends, and what it says."""
        names = [self.folder / f"{number}.zip" for number in range(len(bundles))]
        for name, files in zip(names, bundles, strict=True):
            name.write_bytes(archive_of(files, cluster.START))
        ended = self.program.main([*map(str, names), *more])
        said = self.capsys.readouterr()
        for name in ("recompute", "check_readings", "witness"):
            sys.modules.pop(name, None)
        return ended, said.out + said.err


__all__ = ["Enforced", "Files", "Firm", "Stranger", "a_sold_deal", "a_watched_loan", "altered", "bundled", "opened", "signed_anew"]  # fmt: skip
