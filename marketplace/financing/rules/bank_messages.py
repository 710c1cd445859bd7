"""ISO 20022, from a bank: statements (camt.053) and notices (camt.054, camt.052), whatever their version. What goes to it stands in `bank_orders`.

What comes from outside is read with care: bounded in size, depth and number of elements, no document type, no entity, nothing fetched. Amounts are exact;
an entry that cannot be read refuses the message, naming the entry.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from hashlib import sha256
from xml.etree import ElementTree as Tree

from defusedxml import ElementTree as Careful
from defusedxml.common import DefusedXmlException

from marketplace.money import Money, total
from tenants.errors import Invalid

BYTES_MAX = 5_000_000
DEPTH_MAX = 40
ELEMENTS_MAX = 400_000
_CAMT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.(052|053|054)\.001\.\d\d\}Document", re.ASCII)


class Direction(StrEnum):
    """Money that came in or went out, seen from the account."""

    IN = "IN"
    OUT = "OUT"


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement on an account as its bank tells it. `identity` is the same wherever and however often the movement is told."""

    account: str
    direction: Direction
    amount: Money
    booked_on: date | None
    value_on: date | None
    end_to_end_id: str
    bank_reference: str
    counterparty: str
    counterparty_account: str
    remittance: str
    is_return: bool
    is_booked: bool
    ordinal: int = 0

    @property
    def identity(self) -> str:
        """A digest of what makes a movement this one: account, direction, amount, value date, references, and its place among equals."""
        parts = (self.account, self.direction.value, str(self.amount.minor), self.amount.currency, str(self.value_on), self.end_to_end_id, self.bank_reference, str(self.ordinal))  # fmt: skip
        return sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Message:
    """A statement or notice: its kind (camt.053 ...), its own identification, and what moved."""

    kind: str
    message_id: str
    accounts: tuple[str, ...]
    moved: tuple[Moved, ...]


def read_message(content: bytes) -> Message:
    """A camt message. Refuses what is too large or too deep, is no XML or no such message, and an entry without amount or direction."""
    root = _tree(content)
    known = _CAMT.fullmatch(root.tag)
    if known is None:
        raise Invalid("message_unknown", "This is no camt.052, camt.053 or camt.054 message.", field="file")
    kind = f"camt.{known[1]}"
    body = next(iter(root), None)
    if body is None:
        raise Invalid("message_unknown", "This is no camt.052, camt.053 or camt.054 message.", field="file")
    reports = [one for one in body if _name(one) in {"Stmt", "Ntfctn", "Rpt"}]
    moved: list[Moved] = []
    for report in reports:
        moved.extend(_movements(report))
    accounts = tuple(dict.fromkeys(_account(report) for report in reports))
    return Message(kind, _text(body, "GrpHdr/MsgId"), accounts, tuple(_numbered(moved)))


def _tree(content: bytes) -> Tree.Element:
    """The root of a document from outside."""
    if len(content) > BYTES_MAX:
        raise Invalid("file_too_large", "The file is too large.", field="file")
    depth = elements = 0
    root: Tree.Element | None = None
    try:
        parsing = Careful.iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True)
        for event, element in parsing:
            depth += 1 if event == "start" else -1
            elements += event == "start"
            root = element if root is None else root
            if depth > DEPTH_MAX or elements > ELEMENTS_MAX:
                raise Invalid("file_too_deep", "The file is nested too deeply or has too many parts.", field="file")
    except DefusedXmlException as forbidden:
        raise Invalid("file_unsafe", "The file declares a document type or entities, which bank messages never do.", field="file") from forbidden  # fmt: skip
    except (Tree.ParseError, ValueError, LookupError) as wrong:
        raise Invalid("file_unreadable", "The file is no readable XML.", field="file") from wrong
    if root is None:
        raise Invalid("file_unreadable", "The file is no readable XML.", field="file")
    return root


def _movements(report: Tree.Element) -> Iterator[Moved]:
    """Each entry, or each of its transactions where it is a batch that names their amounts."""
    account = _account(report)
    for number, entry in enumerate((one for one in report if _name(one) == "Ntry"), start=1):
        inside = [one for details in entry if _name(details) == "NtryDtls" for one in details if _name(one) == "TxDtls"]
        whole = _moved(entry, entry, account, number)
        amounts = [_transaction_amount(one, number) for one in inside]
        known = [amount for amount in amounts if amount is not None and amount.currency == whole.amount.currency]
        if len(inside) > 1 and len(known) == len(inside) and total(known, whole.amount.currency) == whole.amount:
            for one, amount in zip(inside, known, strict=True):
                yield replace(_moved(entry, one, account, number), amount=amount)
        else:
            yield _moved(entry, inside[0], account, number) if len(inside) == 1 else whole


def _moved(entry: Tree.Element, details: Tree.Element, account: str, number: int) -> Moved:
    """One movement: amount and direction from the entry, references and parties from the transaction."""
    direction = _text(entry, "CdtDbtInd")
    if direction not in {"CRDT", "DBIT"}:
        raise Invalid(
            "entry_unreadable", "Entry %(number)s has no amount or no direction.", field="file", number=number
        )
    amount = _amount(_find(entry, "Amt"), number)
    into = direction == "CRDT"
    party, its_account = ("Dbtr", "DbtrAcct") if into else ("Cdtr", "CdtrAcct")
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    return Moved(
        account=account,
        direction=Direction.IN if into else Direction.OUT,
        amount=amount,
        booked_on=_day(entry, "BookgDt", number),
        value_on=_day(entry, "ValDt", number) or _day(entry, "BookgDt", number),
        end_to_end_id=_end_to_end(details),
        bank_reference=(_text(entry, "AcctSvcrRef") or _text(details, "Refs/AcctSvcrRef") or _text(entry, "NtryRef"))[
            :64
        ],
        counterparty=(_text(details, f"RltdPties/{party}/Pty/Nm") or _text(details, f"RltdPties/{party}/Nm"))[:200],
        counterparty_account=_account_id(_find(details, f"RltdPties/{its_account}"))[:64],
        remittance=_remittance(details)[:500],
        is_return=_text(entry, "RvslInd") == "true" or _find(details, "RtrInf") is not None,
        is_booked=status == "BOOK",
    )


def _end_to_end(details: Tree.Element) -> str:
    found = _text(details, "Refs/EndToEndId")
    return "" if found == "NOTPROVIDED" else found[:64]


def _remittance(details: Tree.Element) -> str:
    said = [one.text or "" for one in details.iter() if _name(one) in {"Ustrd", "AddtlTxInf"}]
    referred = [_text(one, "Ref") for one in details.iter() if _name(one) == "CdtrRefInf"]
    return " ".join(text.strip() for text in (*said, *referred) if text.strip())


def _transaction_amount(details: Tree.Element, number: int) -> Money | None:
    found = _find(details, "Amt")
    found = found if found is not None else _find(details, "AmtDtls/TxAmt/Amt")
    return None if found is None else _amount(found, number)


def _amount(element: Tree.Element | None, number: int) -> Money:
    if element is None or not element.text or not element.get("Ccy"):
        raise Invalid(
            "entry_unreadable", "Entry %(number)s has no amount or no direction.", field="file", number=number
        )
    return Money.of(element.text.strip(), element.get("Ccy", ""))


def _day(entry: Tree.Element, name: str, number: int) -> date | None:
    written = _text(entry, f"{name}/Dt") or _text(entry, f"{name}/DtTm")[:10]
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as wrong:
        raise Invalid("entry_date_unreadable", "Entry %(number)s has a date that is none.", field="file", number=number) from wrong  # fmt: skip


def _numbered(moved: Sequence[Moved]) -> Iterator[Moved]:
    """Movements that are alike in everything count apart: two payments of one amount without references are two."""
    seen: Counter[str] = Counter()
    for one in moved:
        yield replace(one, ordinal=seen[one.identity])
        seen[one.identity] += 1


def _account(report: Tree.Element) -> str:
    return _account_id(_find(report, "Acct"))[:64]


def _account_id(account: Tree.Element | None) -> str:
    return "" if account is None else _text(account, "Id/IBAN") or _text(account, "Id/Othr/Id")


def _find(element: Tree.Element, path: str) -> Tree.Element | None:
    """By local names: the versions of a message differ in their namespace."""
    place: Tree.Element | None = element
    for name in path.split("/"):
        place = next((one for one in (place if place is not None else ()) if _name(one) == name), None)
    return place


def _text(element: Tree.Element, path: str) -> str:
    found = _find(element, path)
    return (found.text or "").strip() if found is not None else ""


def _name(element: Tree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
