"""The register of owners in the database: its answer is that of the rules, its hands are the platform's, its readers the firm and the platform."""

import random
from datetime import date
from decimal import Decimal
from itertools import combinations
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tenants import approvals
from tenants.errors import Conflict, Invalid, NotAllowed, NotFound
from tenants.events import Event
from tenants.ownership.actions import object_to_stake, propose_stake, propose_stake_end
from tenants.ownership.queries import find_stake, owners_of, related_firms, relation
from tenants.ownership.rules import Relation, Share, StakeKind, related
from tests.factories import World
from tests.tenants.ownership.makers import a_code, an_owner

PERCENTS = ("5", "20", "25", "30", "50", "50.0001", "60", "100")
PLANT = """insert into house.stake (tenant_id, id, firm_id, firm_name, owner_key, owner_name, kind, percent, since, until, evidence, entered_by, checked_by, entered_at)
select %s, uuidv7(), %s, 'F', %s, 'O', %s, %s, '2020-01-01', %s, 'E', 'A', 'B', now()"""


def test_the_database_answers_what_the_rules_say(admin: psycopg.Connection) -> None:
    """On random graphs of five firms and two persons, entries that ended among them; nothing of it stays."""
    dice = random.Random(20261128)
    told: set[str | None] = set()
    for _ in range(80):
        firms, stakes = [uuid4() for _ in range(5)], []
        with admin.transaction(force_rollback=True):
            admin.execute("alter table house.stake disable trigger stake_hands")
            for _ in range(dice.randint(1, 12)):
                firm, owner = dice.sample([*firms, "PERSON:1", "PERSON:2"], 2)
                kind = dice.choice(["SHARES"] * 5 + ["LEGAL_REPRESENTATIVE", "ACTUAL_CONTROLLER", "PARENT"])
                if isinstance(firm, UUID):
                    share = Share(str(owner), str(firm), StakeKind(kind), Decimal(dice.choice(PERCENTS)) if kind == "SHARES" else None)  # fmt: skip
                    ended = dice.random() < 0.1
                    admin.execute(PLANT, (uuid4(), firm, share.owner, kind, share.percent, date(2026, 1, 1) if ended else None))  # fmt: skip
                    stakes += [] if ended else [share]
            for one, other in combinations(firms, 2):
                rule = related(stakes, str(one), str(other))
                row = admin.execute("select gate.related_rule(%s, %s)", dice.sample((one, other), 2)).fetchone()
                assert row == (rule,), stakes
                told.add(rule)
    assert told == {None, *Relation} - {Relation.SAME}


def test_an_owner_is_entered_by_two_people_and_read_by_firm_and_platform_alone(world: World) -> None:
    platform, firm, parent = world.firm("PLATFORM"), world.firm("SME"), world.firm("SME")
    stake = an_owner(world, firm, parent, platform=platform, percent=Decimal("50.5"))
    for viewer, seen in ((platform, 1), (firm, 1), (parent, 0), (world.firm("BANK"), 0), (world.firm("PLATFORM"), 0)):
        with viewer.owner.ws(read_only=True) as ws:
            assert len(owners_of(ws, firm.tenant_id)) == seen
    with firm.owner.ws(read_only=True) as ws:
        [told] = ws.session.scalars(select(Event).where(Event.stream_id == stake.id))
        assert (told.kind, relation(ws, firm.tenant_id, parent.tenant_id)) == ("StakeEntered", Relation.CONTROL)
    with platform.owner.ws(read_only=True) as ws:
        assert related_firms(ws, firm.tenant_id) == [(parent.name, Relation.CONTROL)]
    with platform.operator.ws() as ws, pytest.raises(Conflict, match="stake_known"):
        propose_stake(ws, firm.tenant_id, kind="SHARES", percent=Decimal(1), since=date(2026, 1, 1), evidence="E", owner_id=parent.tenant_id)  # fmt: skip


def test_an_ended_entry_counts_no_more_and_stays(world: World) -> None:
    platform, firm, parent = world.firm("PLATFORM"), world.firm("SME"), world.firm("SME")
    stake = an_owner(world, firm, parent, platform=platform)
    with platform.operator.ws() as ws:
        proposal = propose_stake_end(ws, stake.id, until=date(2026, 1, 2))
    with platform.approver.ws() as ws:
        approvals.decide(ws, proposal.id, approve=True)
    with firm.owner.ws() as ws:
        assert relation(ws, firm.tenant_id, parent.tenant_id) is None
        assert [one.until for one in owners_of(ws, firm.tenant_id)] == [date(2026, 1, 2)]
        with pytest.raises(Conflict, match="stake_ended"):
            object_to_stake(ws, stake.id, because="Sold long ago.")


def test_the_firm_objects_and_the_entry_counts_on(world: World) -> None:
    platform, firm, parent = world.firm("PLATFORM"), world.firm("SME"), world.firm("SME")
    stake = an_owner(world, firm, parent, platform=platform)
    with firm.operator.ws() as ws:
        object_to_stake(ws, stake.id, because="We were sold in May.")
        assert relation(ws, firm.tenant_id, parent.tenant_id) is Relation.CONTROL
    with platform.owner.ws(read_only=True) as ws:
        assert find_stake(ws, stake.id).objection == "We were sold in May."
    for other in (parent, world.firm("PLATFORM")):
        with other.operator.ws() as ws, pytest.raises(NotFound):
            object_to_stake(ws, stake.id, because="Not ours.")
    with platform.operator.ws() as ws, pytest.raises(NotFound):
        object_to_stake(ws, stake.id, because="For them.")


def test_one_person_behind_two_firms_relates_them_and_the_number_is_nowhere(world: World, admin: psycopg.Connection) -> None:  # fmt: skip
    platform, one, other = world.firm("PLATFORM"), world.firm("SME"), world.firm("SUPERVISOR")
    boss = {"kind": "LEGAL_REPRESENTATIVE", "percent": None, "owner_name": "Wang Fang", "person": True}
    an_owner(world, one, platform=platform, owner_code="110101 19800101 123x", **boss)
    an_owner(world, other, platform=platform, owner_code="11010119800101123X", **boss)
    with one.owner.ws(read_only=True) as ws:
        assert relation(ws, one.tenant_id, other.tenant_id) is Relation.SAME_HEAD
    kept = "select (select string_agg(s::text, '') from house.stake s) || (select string_agg(a::text, '') from house.approval a)"
    row = admin.execute(kept).fetchone()
    assert row
    assert "123X" not in row[0]


def test_a_firm_outside_that_is_admitted_later_is_known_by_its_code(world: World, admin: psycopg.Connection) -> None:
    code, firm, holding = a_code(), world.firm("SME"), world.firm("SUPERVISOR")
    an_owner(world, firm, owner_name="Holding", owner_code=code)
    with firm.owner.ws(read_only=True) as ws:
        assert relation(ws, firm.tenant_id, holding.tenant_id) is None
    admin.execute("update house.organisation set uscc = %s where id = %s", (code, holding.tenant_id))
    with firm.owner.ws(read_only=True) as ws:
        assert relation(ws, firm.tenant_id, holding.tenant_id) is Relation.CONTROL


def test_whether_others_are_related_is_told_to_those_who_deal_with_both(world: World) -> None:
    firm, parent = world.firm("SME"), world.firm("SME")
    an_owner(world, firm, parent)
    with world.firm("BANK").owner.ws() as ws, pytest.raises(DBAPIError, match="deal with both"):
        relation(ws, firm.tenant_id, parent.tenant_id)
    with world.firm("BANK").owner.ws() as ws, pytest.raises(DBAPIError, match="deal with both"):
        relation(ws, firm.tenant_id, parent.tenant_id, within=uuid4())


def test_the_database_refuses_other_hands(world: World) -> None:
    platform, bank, firm, parent = world.firm("PLATFORM"), world.firm("BANK"), world.firm("SME"), world.firm("SME")
    for person, reason in ((bank.owner, "by the platform"), (platform.owner, "two people")):
        with person.ws() as ws, pytest.raises(DBAPIError, match=reason):
            row = {"t": person.firm.tenant_id, "f": firm.tenant_id}
            ws.session.execute(text(
                "insert into house.stake (tenant_id, id, firm_id, firm_name, owner_key, owner_name, kind, since, evidence, entered_by, checked_by, entered_at)"
                " values (:t, uuidv7(), :f, 'F', 'PERSON:1', 'O', 'PARENT', '2020-01-01', 'E', 'A', 'B', now())"), row)  # fmt: skip
    stake = an_owner(world, firm, parent, platform=platform)
    for person, change in (
        (firm.owner, "until = '2026-01-01'"),
        (firm.owner, "percent = 1"),
        (platform.owner, "until = '2026-01-01'"),
        (platform.owner, "objection = 'none', objected_at = now()"),
    ):
        with person.ws() as ws, pytest.raises(DBAPIError, match=r"two people|does not change"):
            ws.session.execute(text(f"update house.stake set {change} where id = :id"), {"id": stake.id})
    with bank.owner.ws() as ws, pytest.raises(DBAPIError, match="by the platform"):
        ws.session.scalar(select(func.gate.owner_mark("1")))


WRONG = [
    ({"kind": "FRIEND"}, "kind"),
    ({"percent": None}, "percent"),
    ({"since": date(2040, 1, 1)}, "since"),
    ({"evidence": " "}, "evidence"),
    ({"owner_id": uuid4()}, "owner_id"),
    ({"owner_id": None}, "owner_name"),
    ({"owner_id": None, "owner_name": "Holding"}, "owner_code"),
    ({"owner_id": None, "owner_name": "Holding", "owner_code": "123"}, "owner_code"),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG)
def test_what_cannot_be_right_is_refused_at_its_field(world: World, wrong: dict[str, object], field: str) -> None:
    firm, parent = world.firm("SME"), world.firm("SME")
    told = {"kind": "SHARES", "percent": Decimal(10), "since": date(2020, 1, 1), "evidence": "E", "owner_id": parent.tenant_id} | wrong  # fmt: skip
    with world.firm("PLATFORM").operator.ws() as ws, pytest.raises(Invalid) as refused:
        propose_stake(ws, firm.tenant_id, **told)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_no_firm_owns_itself_and_none_but_the_platform_enters_owners(world: World) -> None:
    firm, told = world.firm("SME"), {"kind": "PARENT", "percent": None, "since": date(2020, 1, 1), "evidence": "E"}
    with world.firm("PLATFORM").operator.ws() as ws, pytest.raises(Invalid, match="owner_itself"):
        propose_stake(ws, firm.tenant_id, owner_id=firm.tenant_id, **told)  # type: ignore[arg-type]
    with firm.owner.ws() as ws, pytest.raises(NotAllowed):
        propose_stake(ws, firm.tenant_id, owner_id=firm.tenant_id, **told)  # type: ignore[arg-type]


def test_the_database_takes_no_entry_that_contradicts_itself(world: World) -> None:
    stake = an_owner(world, world.firm("SME"), world.firm("SME"), percent=Decimal(30))
    wrong: list[tuple[dict[str, object], str]] = [
        ({"kind": "FRIEND", "percent": None}, "kind"), ({"percent": None}, "percent"), ({"percent": 0}, "percent"), ({"percent": 100.01}, "percent"),
        ({"kind": "PARENT"}, "percent"), ({"until": "1999-01-01"}, "times"), ({"owner_key": str(stake.firm_id)}, "not_itself"), ({"objection": "It is not so."}, "objection"),
        ({"objected_at": world.now.isoformat()}, "objection"),
    ]  # fmt: skip
    assert [world.refused_by("stake", **change) for change, _ in wrong] == [name for _, name in wrong]
