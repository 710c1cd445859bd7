"""What the platform enters about a firm's owners, with four eyes, and what the firm says to it."""

from datetime import date
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from tenants import approvals, rooms
from tenants.approvals import Approval, upon_approval
from tenants.database import new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.events import sentence
from tenants.organisations import Organisation, checked_codes, find_organisation
from tenants.ownership.facts import StakeEnded, StakeEntered, StakeObjected
from tenants.ownership.models import Stake
from tenants.ownership.queries import find_stake, owners_of, shares_in_force
from tenants.ownership.rules import StakeKind, require_share, require_within_whole
from tenants.workspace import Workspace

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONGEST_NAME, LONGEST_WORDS = 200, 1000
LONGEST_NUMBER = 40
USCC_LENGTH = 18


def propose_stake(
    ws: Workspace,
    firm_id: UUID,
    *,
    kind: str,
    percent: Decimal | None,
    since: date,
    evidence: str,
    owner_id: UUID | None = None,
    owner_name: str = "",
    owner_code: str = "",
    person: bool = False,
) -> Approval:
    """Put an owner of a firm before a second person of the platform. The owner is a firm of the house (`owner_id`), or somebody outside: a firm by its
    credit code or LEI, a person by an identity number, which is kept as a mark and not as a number.

    Refuses an owner without name or number, shares above the whole, a day to come, no evidence, a firm that owns itself, and what is entered already.
    """
    ws.may("enter_stake")
    firm = find_organisation(ws.session, firm_id)
    checked = _checked_kind(kind)
    require_share(checked, percent)
    key, name = _owner(ws, owner_id, owner_name, owner_code, person)
    proof = _checked_words(evidence, "evidence")
    if since > _today(ws):
        raise Invalid("date_to_come", "This day is yet to come.", field="since")
    _require_new(ws, firm, key, checked, percent)
    return approvals.propose(
        ws, "approve_stake", subject_id=new_id(), summary=sentence("Enter %(owner)s among the owners of %(firm)s", owner=name, firm=firm.name),
        firm_id=str(firm.id), owner_key=key, owner_name=name, kind=checked, percent=None if percent is None else str(percent), since=since.isoformat(), evidence=proof,
    )  # fmt: skip


@upon_approval("approve_stake")
def enter_stake(ws: Workspace, approval: Approval) -> None:
    """A second person agrees: the entry counts from now on, and the firm reads it."""
    given = approval.payload
    firm, kind = find_organisation(ws.session, UUID(given["firm_id"])), StakeKind(given["kind"])
    percent = None if given["percent"] is None else Decimal(given["percent"])
    # Entries of one firm are made one after the other, so that no two of them together are above the whole.
    ws.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"stakes:{firm.id}", 0))))
    _require_new(ws, firm, given["owner_key"], kind, percent)
    stake = Stake(
        tenant_id=ws.tenant_id,
        id=approval.subject_id,
        firm_id=firm.id,
        firm_name=firm.name,
        owner_key=given["owner_key"],
        owner_name=given["owner_name"],
        kind=kind,
        percent=percent,
        since=date.fromisoformat(given["since"]),
        evidence=given["evidence"],
        entered_by=approval.maker,
        checked_by=ws.member.name,
        entered_at=ws.now,
    )
    ws.session.add(stake)
    ws.session.flush()
    rooms.found(ws, stake.id, kind="stake", role="registrar")
    rooms.share(ws, stake.id, to=firm.id, role="firm")
    fact = StakeEntered(stake_id=stake.id, firm_id=firm.id, firm=firm.name, kind=kind)
    ws.record(fact, on=stake.id, evidence=[approval.id, stake.evidence])


def propose_stake_end(ws: Workspace, stake_id: UUID, *, until: date) -> Approval:
    """Put before a second person that an owner is one no longer, since a day. Refuses an ended entry, and a day before it began or to come."""
    ws.may("enter_stake")
    stake = _own(ws, stake_id)
    if not stake.since <= until <= _today(ws):
        raise Invalid("until_wrong", "An entry ends between the day it began and today.", field="until")
    summary = sentence("End the entry of %(owner)s among the owners of %(firm)s", owner=stake.owner_name, firm=stake.firm_name)  # fmt: skip
    return approvals.propose(ws, "approve_stake_end", subject_id=stake.id, summary=summary, until=until.isoformat())


@upon_approval("approve_stake_end")
def end_stake(ws: Workspace, approval: Approval) -> None:
    """A second person agrees: the entry counts no more, and stays."""
    stake = _own(ws, approval.subject_id)
    stake.until = date.fromisoformat(approval.payload["until"])
    ws.record(StakeEnded(stake_id=stake.id, firm=stake.firm_name), on=stake.id, evidence=[approval.id])


def object_to_stake(ws: Workspace, stake_id: UUID, *, because: str) -> Stake:
    """The firm says that an entry among its owners is wrong. It counts until the platform has ended it: else whoever objects would be unrelated.

    Refuses silence, an ended entry, and entries of other firms, as not found.
    """
    ws.may("object_to_stake")
    words, stake = _checked_words(because, "because"), find_stake(ws, stake_id)
    if stake.firm_id != ws.tenant_id:
        raise NotFound("stake_unknown", "There is no such entry.")
    _require_in_force(stake)
    stake.objection, stake.objected_at = words, ws.now
    ws.record(StakeObjected(stake_id=stake.id, firm_id=stake.firm_id, firm=stake.firm_name, because=words), on=stake.id)
    return stake


def _owner(ws: Workspace, owner_id: UUID | None, name: str, code: str, person: bool) -> tuple[str, str]:
    """The key by which an owner is known again, and its name."""
    if owner_id is not None:
        try:
            known = find_organisation(ws.session, owner_id)
        except NotFound as unknown:
            raise Invalid("owner_unknown", "Choose a firm from the list.", field="owner_id") from unknown
        return str(known.id), known.name
    called, number = name.strip(), "".join(code.split()).upper()
    if not 1 <= len(called) <= LONGEST_NAME:
        raise Invalid("owner_name_missing", "Give the owner's name.", field="owner_name")
    if not 1 <= len(number) <= LONGEST_NUMBER:
        raise Invalid("owner_code_missing", "Give the owner's credit code, LEI or identity number.", field="owner_code")
    return (_mark(ws, number), called) if person else (_firm_key(ws, number), called)


def _mark(ws: Workspace, number: str) -> str:
    return f"PERSON:{ws.session.scalar(select(func.gate.owner_mark(number)))}"


def _firm_key(ws: Workspace, number: str) -> str:
    """A firm outside by its code; one of the house by its id."""
    try:
        credit, entity = checked_codes(number, None) if len(number) == USCC_LENGTH else checked_codes(None, number)
    except Invalid as wrong:
        wrong.field = "owner_code"
        raise
    same = Organisation.uscc == credit if credit else Organisation.lei == entity
    known = ws.session.scalars(select(Organisation).where(same)).one_or_none()
    return str(known.id) if known else f"USCC:{credit}" if credit else f"LEI:{entity}"


def _require_new(ws: Workspace, firm: Organisation, key: str, kind: StakeKind, percent: Decimal | None) -> None:
    if key == str(firm.id):
        raise Invalid("owner_itself", "A firm is no owner of itself.", field="owner_id")
    present = [one for one in owners_of(ws, firm.id) if one.until is None]
    if any((one.owner_key, one.kind) == (key, kind) for one in present):
        raise Conflict("stake_known", "This owner is entered already. End that entry first.", field="kind")
    require_within_whole(shares_in_force(ws, firm.id), percent)


def _own(ws: Workspace, stake_id: UUID) -> Stake:
    stake = find_stake(ws, stake_id)
    if stake.tenant_id != ws.tenant_id:
        raise NotFound("stake_unknown", "There is no such entry.")
    _require_in_force(stake)
    return stake


def _require_in_force(stake: Stake) -> None:
    if stake.until is not None:
        raise Conflict("stake_ended", "This entry has ended.")


def _checked_kind(kind: str) -> StakeKind:
    if kind not in set(StakeKind):
        raise Invalid("stake_kind_unknown", "Choose from the list what makes this an owner.", field="kind")
    return StakeKind(kind)


def _checked_words(words: str, field: str) -> str:
    said = words.strip()
    if not said:
        raise Invalid("missing", "This must be filled in.", field=field)
    if len(said) > LONGEST_WORDS:
        raise Invalid("too_long", "At most 1000 characters, please.", field=field)
    return said


def _today(ws: Workspace) -> date:
    return ws.now.astimezone(SHANGHAI).date()
