"""The same papers or goods behind two firms' deals: both banks are warned, and nobody learns whose, or that nobody asked."""

from dataclasses import dataclass
from threading import Thread
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.documents.blind_index import warnings_about
from marketplace.documents.figures import enter_particulars
from marketplace.documents.rules.content import Paper
from marketplace.inventory import actions as inventory
from marketplace.inventory.models import Lot
from marketplace.pledges import actions as pledges
from tenants.events import Event, FeedItem
from tenants.workspace import Workspace
from tests.factories import Firm, World
from tests.marketplace.documents.makers import a_document
from tests.marketplace.documents.trade_makers import said
from tests.marketplace.inventory.makers import a_declared_lot, a_site
from tests.marketplace.inventory.test_items import receive, verify
from tests.marketplace.pledges.makers import Parties, an_offered_pledge, the_parties


@dataclass
class Side:
    """One deal: its parties, its lot, its room."""

    parties: Parties
    lot: Lot
    deal_id: Any

    @property
    def ids(self) -> set[str]:
        """What the other side must never read."""
        firms = (self.parties.sme, self.parties.bank, self.parties.warehouse, self.parties.supervisor)
        return (
            {str(self.deal_id), str(self.lot.id), self.lot.number}
            | {str(one.tenant_id) for one in firms}
            | {one.name for one in firms}
        )

    def kinds(self) -> list[str]:
        with self.parties.bank.operator.ws(read_only=True) as ws:
            return sorted(one.kind for one in warnings_about(ws, deal_id=self.deal_id))

    def bank_reads(self) -> str:
        """All rows and events that the bank can see, as text."""
        with self.parties.bank.operator.ws(read_only=True) as ws:
            rows = [str(vars(one)) for one in warnings_about(ws)]
            return "\n".join(rows + [str(vars(one)) for one in ws.session.scalars(select(Event))])


def a_side(world: World, *, parties: Parties | None = None, bank: Firm | None = None, **paper: Any) -> Side:
    """A lot of a firm with a paper about it, offered in pledge."""
    parties = parties or the_parties(world)
    lot = parties.a_lot("10")
    if paper:
        a_paper(parties, lot, **paper)
    deal_id, _ = an_offered_pledge(parties, lot, "10", bank=bank)
    world.work()
    return Side(parties, lot, deal_id)


def a_paper(
    parties: Parties, lot: Lot, *, number: str, kind: Paper = Paper.VAT_INVOICE, content: bytes | None = None
) -> None:
    unique = content or f"%PDF-1.7\n{lot.id}\n%%EOF\n".encode()
    document = a_document(parties.sme.operator, lot.id, kind=kind, content=unique)
    with parties.sme.operator.ws() as ws:
        enter_particulars(ws, document.id, said(number))


def number(world: World) -> str:
    """An invoice number that no other test has."""
    return f"INV-{world.now.timestamp():.0f}-{world.admin.execute('select gen_random_uuid()').fetchone()[0]}"  # type: ignore[index]


def test_the_same_invoice_behind_two_firms_deals_warns_both_banks_and_tells_neither_whose(world: World) -> None:
    same = number(world)
    one = a_side(world, number=same)
    assert one.kinds() == []
    two = a_side(world, number=same.lower().replace("-", " / "))
    assert (one.kinds(), two.kinds()) == (["INVOICE"], ["INVOICE"])
    world.work()
    for side, other in ((one, two), (two, one)):
        read = side.bank_reads()
        assert "DuplicateFound" in read
        assert "DuplicateOfLot" in read
        assert not {secret for secret in other.ids if secret in read}
        with side.parties.sme.operator.ws(read_only=True) as ws:
            told = ws.session.scalars(
                select(Event.kind).join(
                    FeedItem, (FeedItem.stream_id == Event.stream_id) & (FeedItem.sequence == Event.sequence)
                )
            ).all()
            assert "DuplicateFound" not in told
            assert "DuplicateOfLot" not in told
            assert warnings_about(ws) == []
        with side.parties.supervisor.operator.ws(read_only=True) as ws:
            seen = ws.session.scalars(select(Event.kind).where(Event.stream_id == side.lot.id)).all()
            assert "DuplicateOfLot" in seen


def test_a_paper_that_comes_later_is_compared_too_and_warns_once(world: World) -> None:
    same, one, two = number(world), a_side(world), a_side(world)
    for _ in range(2):
        a_paper(one.parties, one.lot, number=same)
        a_paper(two.parties, two.lot, number=same)
        world.work()
    assert (one.kinds(), two.kinds()) == (["INVOICE"], ["INVOICE"])


def test_the_same_bytes_are_the_same_paper(world: World) -> None:
    content = f"%PDF-1.7\n{number(world)}\n%%EOF\n".encode()
    sides = [a_side(world, number=number(world), kind=Paper.QUALITY_CERTIFICATE, content=content) for _ in range(2)]
    assert [side.kinds() for side in sides] == [["FILE"], ["FILE"]]


def test_one_firms_own_deals_ring_no_alarm(world: World) -> None:
    same, one = number(world), the_parties(world)
    sides = [a_side(world, parties=one, bank=bank, number=same) for bank in (None, world.firm("BANK"))]
    assert [side.kinds() for side in sides] == [[], []]


def test_a_deal_that_holds_nothing_any_more_rings_no_alarm(world: World) -> None:
    same = number(world)
    one = a_side(world, number=same)
    with one.parties.sme.operator.ws() as ws:
        pledges.cancel_pledges(ws, one.deal_id, because="thought better of it")
    two = a_side(world, number=same)
    assert (one.kinds(), two.kinds()) == ([], [])


def test_a_long_serial_behind_two_deals_is_found_and_a_short_one_is_not(world: World) -> None:
    long = number(world)[-12:]
    sides = [a_coil_side(world, f"serial,quantity\n{long},4\nC-{n},5\nA-1,1\n".encode()) for n in (1, 2)]
    assert [side.kinds() for side in sides] == [["SERIAL"], ["SERIAL"]]


def a_coil_side(world: World, content: bytes) -> Side:
    parties = the_parties(world)
    site, bins = a_site(world, parties.warehouse)
    lot = a_declared_lot(world, parties.sme, parties.warehouse, parties.supervisor, amount="10", site=site)
    with parties.sme.operator.ws() as ws:
        inventory.declare_items(ws, inventory.read_items(ws, lot.id, name="c.csv", content=content).id)
    rows = dict(line.split(",") for line in content.decode().split()[1:])
    receive(parties, lot, bins, rows)
    verify(parties, lot, "10")
    deal_id, _ = an_offered_pledge(parties, lot, "10")
    world.work()
    return Side(parties, lot, deal_id)


def test_nobody_reads_the_index_hashes_with_its_key_or_enters_for_another(world: World) -> None:
    one, stranger = a_side(world), the_parties(world)
    for statement in (
        "select * from gate.blind_entry",
        "select * from gate.blind_key",
        "select gate.blind_mark('INVOICE', 'x')",
    ):
        with pytest.raises(DBAPIError, match="permission denied"), stranger.sme.operator.ws() as ws:
            ws.session.execute(text(statement))
    enter = text("select gate.enter_identities(:deal, :lot, array['INVOICE'], array['x'])")
    for who in (stranger.sme, one.parties.bank, one.parties.warehouse):
        with pytest.raises(DBAPIError, match="of one's own"), who.operator.ws() as ws:
            ws.session.execute(enter, {"deal": one.deal_id, "lot": one.lot.id})
    with one.parties.sme.operator.ws() as ws:
        assert ws.session.scalar(enter, {"deal": one.deal_id, "lot": one.lot.id}) == "", (
            "whoever enters is told nothing"
        )


def test_what_rests_in_the_index_is_no_name(world: World, admin: psycopg.Connection) -> None:
    same = number(world)
    one = a_side(world, number=same)
    rows = admin.execute("select mark, kind from gate.blind_entry where deal_id = %s", (one.deal_id,)).fetchall()
    assert {len(mark) for mark, _ in rows} == {32}
    assert "INVOICE" in {kind for _, kind in rows}


def test_two_firms_that_enter_the_same_at_once_are_found(world: World, admin: psycopg.Connection) -> None:
    """The second waits for the first to be done; without that each would look before the other had written."""
    same, one, two = number(world), a_side(world), a_side(world)

    def enter(ws: Workspace, side: Side) -> None:
        given = {"deal": side.deal_id, "lot": side.lot.id, "same": same}
        ws.session.execute(text("select gate.enter_identities(:deal, :lot, array['INVOICE'], array[:same])"), given)

    def second() -> None:
        with two.parties.sme.operator.ws() as ws:
            enter(ws, two)

    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    with one.parties.sme.operator.ws() as ws:
        enter(ws, one)
        other = Thread(target=second)
        other.start()
        while other.is_alive() and admin.execute(waiting).fetchone() == (0,):
            other.join(0.01)
    other.join()
    world.work()
    assert (one.kinds(), two.kinds()) == (["INVOICE"], ["INVOICE"])
