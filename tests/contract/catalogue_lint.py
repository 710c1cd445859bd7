"""Questions to PostgreSQL's own catalogue: each names what breaks isolation, and finds nothing in an honest house."""

import psycopg

RUNTIME = ("bailee_app", "bailee_worker", "bailee_gateway", "bailee_door")
KEYS = ("tenant_id", "deal_id", "auction_id", "shipment_id", "stream_id", "room_id")
# Published registers, the same for every tenant: their keys are their own ids.
GLOBAL = ("organisation",)
# One key for the whole world on purpose: a physical batch has one digital identity, whoever declares it, and anybody may ask whether a label is ours.
# What it tells is said in `inventory.declaring`: that these goods are declared already, never by whom.
# A serialised item likewise, and the tag on it: one live item in the house, and a tag never on another item.
# And a witness's key: it is published, and nobody's signature may count for two firms.
WORLDWIDE = (
    "uq_lot_identity_path",
    "uq_lot_item_path",
    "uq_lot_item_tag",
    "ex_lot_item_tag_never_again",
    "uq_witness_public_key",
)

HOUSE = "join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'house'"
QUESTIONS = {
    "a table without forced row security": f"select c.relname::text from pg_class c {HOUSE} and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)",
    "a table that a login role owns": f"select c.relname::text from pg_class c join pg_roles r on r.oid = c.relowner {HOUSE} and c.relkind in ('r', 'p', 'v', 'm') and r.rolcanlogin",
    "a runtime role that bypasses or belongs": "select rolname::text from pg_roles r where rolname = any(%(runtime)s::text[]) and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit or exists (select from pg_auth_members m where m.member = r.oid))",
    "a dangerous grant": "select c.relname || ' ' || a.privilege_type from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a where n.nspname in ('house', 'gate') and (a.grantee = 0 or pg_get_userbyid(a.grantee) = any(%(runtime)s::text[])) and a.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')",
    "a partition that can be reached by itself": f"select c.relname::text from pg_class c {HOUSE} and c.relispartition and exists (select from unnest(%(runtime)s::text[]) r where has_table_privilege(r, c.oid, 'select, insert, update, delete'))",
    "a view that looks with its owner's eyes": f"select c.relname::text from pg_class c {HOUSE} and c.relkind = 'v' and not coalesce(c.reloptions::text like '%%security_invoker=true%%', false)",
    "a materialised view": f"select c.relname::text from pg_class c {HOUSE} and c.relkind = 'm'",
    "a unique key not led by its tenant or room": f"select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] {HOUSE} and (i.indisunique or i.indisexclusion) and a.attname <> all(%(keys)s::text[]) and c.relname <> all(%(global)s::text[]) and i.indexrelid::regclass::text <> all(%(worldwide)s::text[])",
    "a foreign key that does not carry the tenant or room": "select k.conrelid::regclass || '.' || k.conname from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'house' and k.contype = 'f' and not exists (select from unnest(k.confkey) f join pg_attribute x on x.attrelid = k.confrelid and x.attnum = f and x.attname = any(%(keys)s::text[]))",
    "a foreign key that cascades": "select k.conrelid::regclass || '.' || k.conname from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'house' and k.contype = 'f' and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd'))",
    "a sequence": f"select c.relname::text from pg_class c {HOUSE} and c.relkind = 'S'",
    "a definer function without a pinned search path": "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('house', 'gate') and p.prosecdef and not coalesce(p.proconfig::text like '%%search_path=%%', false)",
    "a function that anybody may call": "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('house', 'gate') and p.prorettype <> 'trigger'::regtype and (p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0))",
    "a runtime role that may create": "select r || ' in ' || n.nspname from unnest(%(runtime)s::text[]) r cross join pg_namespace n where n.nspname in ('public', 'house', 'gate') and has_schema_privilege(r, n.oid, 'create') union all select r || ' temporary' from unnest(%(runtime)s::text[]) r where has_database_privilege(r, current_database(), 'temp')",
    "a policy for everybody, or one that says yes to all": "select p.polrelid::regclass || '.' || p.polname from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('house', 'gate') and (p.polroles = '{0}' or (coalesce(pg_get_expr(p.polqual, p.polrelid), '') = 'true' and not p.polroles <@ array['bailee_context'::regrole::oid]))",
    "a policy that writes without a check": "select p.polrelid::regclass || '.' || p.polname from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'house' and p.polcmd in ('w', '*') and p.polwithcheck is null",
    "a policy that does not ask the gate": "select p.polrelid::regclass || '.' || p.polname from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('house', 'gate') and not p.polroles <@ array['bailee_context'::regrole::oid] and coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) not like '%%gate.tenant()%%'",
    "a policy that asks for the tenant row by row": "select p.polrelid::regclass || '.' || p.polname from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'house' and replace(lower(coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')), '( select gate.tenant() as tenant)', '') like '%%gate.tenant()%%'",
    "a secret of the gate that a runtime role can read": "select c.relname || ' by ' || r from pg_class c join pg_namespace n on n.oid = c.relnamespace, unnest(%(runtime)s::text[]) r where n.nspname = 'gate' and c.relkind = 'r' and c.relname <> 'access_grant' and has_table_privilege(r, c.oid, 'select, insert, update, delete')",
}


def findings(admin: psycopg.Connection) -> dict[str, list[str]]:
    """What each question finds; empty where all is well."""
    given = {
        "runtime": list(RUNTIME),
        "keys": list(KEYS),
        "global": list(GLOBAL),
        "worldwide": [f"house.{name}" for name in WORLDWIDE],
    }
    found = {
        question: [row[0] for row in admin.execute(query, given if "%(" in query else None)]
        for question, query in QUESTIONS.items()
    }  # type: ignore[call-overload]
    return {question: rows for question, rows in found.items() if rows}
