"""Row security: each table declares who may see and change its rows; the DDL is made from that, for migrations and contract tests alike.

Three groups of tables, told by the first column of their primary key: the tenant's own (`tenant_id`), a room's (`room_id`, `stream_id`) and an
auction's (`auction_id`). Sharing has one form in all of them: the viewer's grant on an object (a lot, a room) in a role that the table names.
"""

from dataclasses import dataclass

from sqlalchemy import Table

from tenants.database import SCHEMA, Base

# DDL beside the tables that metadata cannot say: triggers, temporal keys, partitions. Each owner of a table adds its own here.
ADDITIONS: list[str] = []
RUNTIME_ROLES = "bailee_app, bailee_worker, bailee_gateway"
ME = "(select gate.tenant())"
# Columns that name objects of one kind alone. Said in the policy, a plan that gathers the viewer's grants gathers those of this kind: a bank has a
# grant on each lot that it lends on, and few deals.
KIND_OF = {"deal_id": "deal"}


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may do what with the rows of one table.

    `own`: a row belongs to the tenant in its `tenant_id`, which reads, adds and changes it.
    `about`: the column that names the object whose grants let others in; `read`, `add` and `change` are roles in those grants.
    Where a table has both, a new row must be the writer's own and about an object on which it holds an `add` role (if any are named).
    `everyone`: published rows that every tenant may read. `by_kind`: published rows that every tenant may read where their `open_to` is `*`, and else their owner
    and the kind of organisation that it names. `verbs`: what the runtime may do at all; nothing is ever truncated.
    `custodian`: the gate's own functions write this table (events, members); the runtime only reads it.
    `counted`: the gate reads it across tenants for sums that tell no firm's affairs (market statistics), for the operator's bills, or to see that two people agreed, and writes nothing.
    `booked`: the gate adds rows too, beside the runtime (a quiet night's interest), and changes none.
    """

    own: bool = True
    about: str | None = None
    read: frozenset[str] = frozenset()
    add: frozenset[str] = frozenset()
    change: frozenset[str] = frozenset()
    everyone: bool = False
    by_kind: bool = False
    verbs: frozenset[str] = frozenset({"select", "insert", "update"})
    custodian: bool = False
    counted: bool = False
    booked: bool = False
    audience: bool = False


def roles(*names: str) -> frozenset[str]:
    """Roles in a room, for `Access`: borrower, bank, core, warehouse, supervisor, logistics, buyer, auctioneer ..."""
    return frozenset(names)


def access_of(table: Table) -> Access:
    """The declaration of `table`; a table without one is a bug."""
    declared = table.info.get("access")
    assert isinstance(declared, Access), f"{table.name} declares no __access__"
    return declared


def tables() -> list[Table]:
    """Every table of the house, its access declared."""
    for mapper in Base.registry.mappers:
        table = mapper.local_table
        if isinstance(table, Table) and "access" not in table.info:
            table.info["access"] = mapper.class_.__access__
    return [t for t in Base.metadata.sorted_tables if t.schema == SCHEMA]


def statements(table: Table, *, named: str | None = None) -> list[str]:
    """The DDL that puts one table (or its partition `named`) under row security."""
    access, name = access_of(table), f"{SCHEMA}.{named or table.name}"
    made = [f"alter table {name} enable row level security", f"alter table {name} force row level security"]
    made.extend(_policy(named or table.name, access, verb) for verb in sorted(access.verbs))
    if access.custodian:
        made.append(f"create policy custodian on {name} to bailee_context using (true) with check (true)")
    if access.counted or access.booked:
        made.append(f"create policy counted on {name} for select to bailee_context using (true)")
        made.append(f"grant select on {name} to bailee_context" if named is None else "")
    if access.booked:
        made.append(f"create policy booked on {name} for insert to bailee_context with check (true)")
        made.append(f"grant insert on {name} to bailee_context" if named is None else "")
    if named is None:
        made.append(f"grant {', '.join(sorted(access.verbs))} on {name} to {RUNTIME_ROLES}")
        made.append(f"grant select, insert, update, delete on {name} to bailee_context" if access.custodian else "")
        made.append(f"grant select on {name} to bailee_backup")
    return [statement for statement in made if statement]


def _policy(name: str, access: Access, verb: str) -> str:
    if verb == "select":
        clause = f"using ({_seen(access, name)})"
    elif verb == "insert":
        clause = f"with check ({_written(access, name)})"
    elif verb == "update":
        clause = f"using ({_changed(access, name)}) with check ({_changed(access, name)})"
    else:
        clause = f"using ({_changed(access, name)})"
    return f"create policy {verb}_rows on {SCHEMA}.{name} for {verb} to {RUNTIME_ROLES} {clause}"


def _seen(access: Access, name: str) -> str:
    if access.everyone:
        return f"{ME} is not null"
    if access.by_kind:
        kind = f"exists (select from {SCHEMA}.organisation o where o.id = {ME} and o.kinds ? {name}.open_to)"
        return f"{ME} is not null and (open_to = '*' or tenant_id = {ME} or {kind})"
    heard = f" and (audience = '*' or position(',' || g.role || ',' in {name}.audience) > 0)" if access.audience else ""
    return _either(access.own and f"tenant_id = {ME}", _granted(name, access, access.read, heard))


def _written(access: Access, name: str) -> str:
    parts = [f"tenant_id = {ME}"] if access.own else []
    if access.add:
        parts.append(_granted(name, access, access.add))
    assert parts, f"{name}: nobody could add a row"
    return " and ".join(parts)


def _changed(access: Access, name: str) -> str:
    return _either(access.own and f"tenant_id = {ME}", _granted(name, access, access.change))


def _granted(name: str, access: Access, names: frozenset[str], also: str = "") -> str:
    if access.about is None or not names:
        return ""
    wanted = "" if "*" in names else " and g.role in (" + ", ".join(f"'{name}'" for name in sorted(names)) + ")"
    kind = f" and g.kind = '{KIND_OF[access.about]}'" if access.about in KIND_OF else ""
    return (
        f"exists (select from gate.access_grant g where g.tenant_id = {ME} and g.object_id = {name}.{access.about}{kind}"
        f" and g.ended_at is null{wanted}{also})"
    )


def _either(*conditions: str | bool) -> str:
    return " or ".join(str(condition) for condition in conditions if condition) or "false"
