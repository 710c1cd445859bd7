"""Bank messages and what they mean: read with care, written exactly, recognised by reference and amount."""

import os
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree as Tree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.financing.rules.bank_messages import (
    BYTES_MAX,
    Direction,
    Moved,
    read_message,
)
from marketplace.financing.rules.bank_orders import PAIN, Order, write_orders
from marketplace.financing.rules.matching import (
    MORE_THAN_OWED,
    NO_REFERENCE,
    NOT_BOOKED,
    OTHER_AMOUNT,
    SEVERAL_DEALS,
    Awaited,
    Meaning,
    Owing,
    recognise,
)
from marketplace.money import Money
from tenants.errors import Invalid

CAMT = Path(os.environ.get("BAILEE_DATA") or Path(__file__).parents[4] / "shared" / "data") / "camt"
SHARED = pytest.mark.skipif(not CAMT.is_dir(), reason="the shared bank messages are not here")


def yuan(amount: str) -> Money:
    return Money.of(amount, "CNY")


def entry(amount: str = "1000.00", *, direction: str = "CRDT", reference: str = "B-1", e2e: str = "", said: str = "", extra: str = "", status: str = "<Sts><Cd>BOOK</Cd></Sts>") -> str:  # fmt: skip
    """One entry of a statement."""
    return (
        f'<Ntry><Amt Ccy="CNY">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{extra}{status}<BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt>'
        f"<AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{e2e or 'NOTPROVIDED'}</EndToEndId></Refs>"
        f"<RltdPties><Dbtr><Pty><Nm>Jiangxi Cable</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>{said}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def statement(*entries: str, version: str = "08", kind: str = "053") -> bytes:
    """A message of these entries."""
    body, report = {"053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}[kind]
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"><{body}><GrpHdr><MsgId>M-1</MsgId></GrpHdr>'
        f"<{report}><Id>S-1</Id><Acct><Id><Othr><Id>6222021000112345</Id></Othr></Id></Acct>{''.join(entries)}</{report}></{body}></Document>"
    ).encode()


def moved(**given: object) -> Moved:
    """A credit of a thousand yuan that names nothing."""
    plain = Moved(
        "A", Direction.IN, yuan("1000.00"), date(2026, 3, 2), date(2026, 3, 2), "", "B-1", "", "", "", False, True
    )
    return replace(plain, **given)  # type: ignore[arg-type]


def test_an_entry_is_read_whole() -> None:
    message = read_message(statement(entry(e2e="E2E-1", said="Loan F-1")))
    (one,) = message.moved
    assert (message.kind, message.message_id, message.accounts) == ("camt.053", "M-1", ("6222021000112345",))
    assert (one.direction, one.amount, one.value_on) == (Direction.IN, yuan("1000.00"), date(2026, 3, 2))
    assert (one.end_to_end_id, one.bank_reference, one.counterparty, one.remittance) == ("E2E-1", "B-1", "Jiangxi Cable", "Loan F-1")  # fmt: skip


def test_a_notice_and_a_statement_tell_the_same_movement() -> None:
    told = [read_message(statement(entry(), kind=kind, version=version)).moved[0].identity for kind, version in (("053", "08"), ("054", "02"), ("053", "02"))]  # fmt: skip
    assert len(set(told)) == 1


def test_equal_movements_of_one_statement_are_two() -> None:
    one, two = read_message(statement(entry(), entry())).moved
    assert one.identity != two.identity
    again = read_message(statement(entry(), entry())).moved
    assert [m.identity for m in again] == [one.identity, two.identity]


def test_a_batch_is_taken_apart_where_its_parts_add_up() -> None:
    inside = "".join(f'<TxDtls><Refs><EndToEndId>E-{n}</EndToEndId></Refs><Amt Ccy="CNY">{part}</Amt></TxDtls>' for n, part in ((1, "400.00"), (2, "600.00")))  # fmt: skip
    batch = f'<Ntry><Amt Ccy="CNY">1000.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><NtryDtls>{inside}</NtryDtls></Ntry>'
    assert [(m.end_to_end_id, m.amount) for m in read_message(statement(batch)).moved] == [("E-1", yuan("400.00")), ("E-2", yuan("600.00"))]  # fmt: skip
    crooked = batch.replace("600.00", "500.00")
    assert [m.amount for m in read_message(statement(crooked)).moved] == [yuan("1000.00")]


BOMB = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY c "&a;&a;">]><Document>&c;</Document>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document>&x;</Document>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_unreadable"),
        (b"<Document", "file_unreadable"),
        (b"\xff\xfe\x00", "file_unreadable"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><a/></Document>', "message_unknown"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"></Document>', "message_unknown"),
        (BOMB, "file_unsafe"),
        (OUTSIDE, "file_unsafe"),
        (b"<!DOCTYPE a><a/>", "file_unsafe"),
        (b"<a>" * 60 + b"</a>" * 60, "file_too_deep"),
        (b"<a>" + b"<b/>" * 400_001 + b"</a>", "file_too_deep"),
        (b" " * (BYTES_MAX + 1), "file_too_large"),
        (statement(entry(direction="SIDEWAYS")), "entry_unreadable"),
        (statement(entry(amount="many")), "money_unreadable"),
        (statement(entry(amount="1.001")), "money_too_fine"),
        (statement(entry().replace('Ccy="CNY"', 'Ccy="XXX"')), "currency_unknown"),
        (statement(entry().replace("<ValDt><Dt>2026-03-02", "<ValDt><Dt>2026-02-30")), "entry_date_unreadable"),
    ],
)
def test_what_is_unsafe_or_unreadable_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        read_message(content)


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_or_refused(content: bytes) -> None:
    with suppress(Invalid):
        assert read_message(content).kind.startswith("camt.")


@SHARED
@pytest.mark.parametrize(("name", "kind"), [("camt053.v2.minimal.xml", "camt.053"), ("camt053.v8.xml", "camt.053"), ("camt054.v8.xml", "camt.054")])  # fmt: skip
def test_real_messages_are_read(name: str, kind: str) -> None:
    content = (CAMT / name).read_bytes()
    message = read_message(content)
    assert message.kind == kind
    root = Tree.fromstring(content)
    entries = [one for one in root.iter() if one.tag.endswith("}Ntry")]
    assert entries
    assert len(message.moved) >= len(entries)
    whole: dict[tuple[str, str], int] = {}
    for one in entries:
        amount = next(child for child in one if child.tag.endswith("}Amt"))
        key = (amount.get("Ccy", ""), next(child for child in one if child.tag.endswith("}CdtDbtInd")).text or "")
        whole[key] = whole.get(key, 0) + Money.of(amount.text or "", key[0]).minor
    told: dict[tuple[str, str], int] = {}
    for movement in message.moved:
        key = (movement.amount.currency, "CRDT" if movement.direction is Direction.IN else "DBIT")
        told[key] = told.get(key, 0) + movement.amount.minor
    assert told == whole
    assert all(movement.account for movement in message.moved)


ORDERS = [Order("a" * 32, yuan("400000.00"), "江西铜业", "6222 0210", "F-1 Copper"), Order("b" * 32, yuan("0.01"), "Mine", "", "")]  # fmt: skip


def written(orders: list[Order]) -> bytes:
    at = datetime(2026, 3, 2, 1, tzinfo=UTC)
    return write_orders(
        orders,
        message_id="M1",
        made_at=at,
        execute_on=date(2026, 3, 2),
        payer="Bank",
        payer_account="6222",
        bank_name="Bank",
    )


def test_a_payment_file_says_what_is_to_be_paid() -> None:
    root = Tree.fromstring(written(ORDERS))
    ns = {"p": PAIN}
    assert root.tag == f"{{{PAIN}}}Document"
    assert [e.text for e in root.iterfind(".//p:NbOfTxs", ns)] == ["2", "2"]
    assert [e.text for e in root.iterfind(".//p:CtrlSum", ns)] == ["400000.01", "400000.01"]
    assert [e.text for e in root.iterfind(".//p:EndToEndId", ns)] == ["a" * 32, "b" * 32]
    amounts = list(root.iterfind(".//p:InstdAmt", ns))
    assert [(e.text, e.get("Ccy")) for e in amounts] == [("400000.00", "CNY"), ("0.01", "CNY")]
    transfer = root.find(".//p:CdtTrfTxInf", ns)
    assert transfer is not None
    assert [child.tag.rpartition("}")[2] for child in transfer] == ["PmtId", "Amt", "Cdtr", "CdtrAcct", "RmtInf"]
    batch = root.find(".//p:PmtInf", ns)
    assert batch is not None
    order = [
        "PmtInfId",
        "PmtMtd",
        "NbOfTxs",
        "CtrlSum",
        "ReqdExctnDt",
        "Dbtr",
        "DbtrAcct",
        "DbtrAgt",
        "CdtTrfTxInf",
        "CdtTrfTxInf",
    ]
    assert [child.tag.rpartition("}")[2] for child in batch] == order


@pytest.mark.parametrize(
    "orders",
    [
        [],
        [ORDERS[0], ORDERS[0]],
        [ORDERS[0], replace(ORDERS[1], amount=Money.of("1", "USD"))],
        [replace(ORDERS[0], amount=yuan("0"))],
        [replace(ORDERS[0], end_to_end_id="")],
        [replace(ORDERS[0], end_to_end_id="a" * 36)],
    ],
)
def test_an_unfit_payment_file_is_refused(orders: list[Order]) -> None:
    with pytest.raises(Invalid, match="orders_unfit"):
        written(orders)


DEAL, OTHER = uuid4(), uuid4()
OWED = [Owing(DEAL, "F-2026-0001", yuan("1000.00")), Owing(OTHER, "F-2026-00011", yuan("5.00"))]


def test_a_payment_is_recognised_by_its_reference_and_amount() -> None:
    ordered = {"E-1": Awaited(uuid4(), DEAL, yuan("1000.00"))}
    out = moved(direction=Direction.OUT, end_to_end_id="E-1")
    assert recognise(out, ordered, [], {}).meaning is Meaning.PAID_OUT
    assert recognise(replace(out, direction=Direction.IN), ordered, [], {}).meaning is Meaning.RETURNED
    assert recognise(replace(out, is_return=True), ordered, [], {}).meaning is Meaning.RETURNED
    assert recognise(replace(out, amount=yuan("999.99")), ordered, [], {}).because == OTHER_AMOUNT
    assert recognise(replace(out, end_to_end_id="E-2"), ordered, [], {}).because == NO_REFERENCE
    assert recognise(replace(out, is_booked=False), ordered, [], {}).because == NOT_BOOKED


def test_a_repayment_names_one_deal_and_is_not_more_than_is_owed() -> None:
    named = moved(remittance="repayment f-2026-0001, thanks")
    found = recognise(named, {}, OWED, {})
    assert (found.meaning, found.deal_id) == (Meaning.REPAID, DEAL)
    assert recognise(moved(end_to_end_id="F-2026-0001"), {}, OWED, {}).meaning is Meaning.REPAID
    assert recognise(moved(remittance="F-2026-000"), {}, OWED, {}).because == NO_REFERENCE
    assert recognise(moved(remittance="F-2026-0001 F-2026-00011"), {}, OWED, {}).because == SEVERAL_DEALS
    assert recognise(replace(named, amount=yuan("1000.01")), {}, OWED, {}).because == MORE_THAN_OWED


def test_a_repayment_that_was_entered_by_hand_is_known() -> None:
    made = uuid4()
    known = {"B-1": (made, DEAL, yuan("1000.00"))}
    assert recognise(moved(), {}, OWED, known).meaning is Meaning.KNOWN_REPAYMENT
    assert recognise(moved(amount=yuan("1.00"), remittance="F-2026-00011"), {}, OWED, known).because == OTHER_AMOUNT
