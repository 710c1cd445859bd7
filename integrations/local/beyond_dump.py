"""What a dump of one database leaves out: roles, their memberships and settings, and the grants on the database itself.

Taken at backup and put back at restore, before the dump, whose owners and grants name these roles. Passwords are not
among it: the restored installation makes its own.
"""

from typing import Any

import psycopg
from psycopg import sql

from integrations.local.roles import DATABASE

_OURS = f"{DATABASE}\\_%"
_ATTRIBUTES = {"rolcanlogin": "LOGIN", "rolinherit": "INHERIT", "rolbypassrls": "BYPASSRLS"}
_LISTS = ("search_path", "temp_tablespaces")  # settings that hold a list of names, already quoted where they are stored

_READ_ROLES = (
    "SELECT rolname AS name, rolcanlogin, rolinherit, rolbypassrls FROM pg_roles WHERE rolname LIKE %s ORDER BY 1"
)
_READ_MEMBERS = """
    SELECT granted.rolname AS role, member.rolname AS member, inherit_option, set_option
    FROM pg_auth_members JOIN pg_roles AS granted ON granted.oid = roleid JOIN pg_roles AS member ON member.oid = pg_auth_members.member
    WHERE member.rolname LIKE %s ORDER BY 1, 2"""
_READ_SETTINGS = """
    SELECT rolname AS role, datname IS NOT NULL AS here, unnest(setconfig) AS setting
    FROM pg_db_role_setting LEFT JOIN pg_roles ON pg_roles.oid = setrole LEFT JOIN pg_database ON pg_database.oid = setdatabase
    WHERE (datname = %s OR setdatabase = 0) AND (rolname LIKE %s OR setrole = 0) ORDER BY 1, 3"""
_READ_GRANTS = """
    SELECT rolname AS role, privilege_type AS privilege
    FROM pg_database, aclexplode(datacl) JOIN pg_roles ON pg_roles.oid = grantee
    WHERE datname = %s AND rolname LIKE %s ORDER BY 1, 2"""


def take(connection: psycopg.Connection) -> dict[str, list[dict[str, Any]]]:
    """The facts about Bailee's roles, as plain values for the manifest."""
    return {
        "roles": _rows(connection, _READ_ROLES, _OURS),
        "members": _rows(connection, _READ_MEMBERS, _OURS),
        "settings": _rows(connection, _READ_SETTINGS, DATABASE, _OURS),
        "grants": _rows(connection, _READ_GRANTS, DATABASE, _OURS),
    }


def put_back(connection: psycopg.Connection, facts: dict[str, list[dict[str, Any]]]) -> None:
    """Make the missing roles, then what binds them. A role that exists keeps its attributes: it was made by this
    release.
    """
    existing = {row["name"] for row in _rows(connection, _READ_ROLES, _OURS)}
    for row in facts["roles"]:
        if row["name"] not in existing:
            connection.execute(_create(row))
    for row in facts["members"]:
        connection.execute(_join(row))
    for row in facts["settings"]:
        connection.execute(_set(row))
    for row in facts["grants"]:
        privilege = sql.SQL({"CONNECT": "CONNECT", "CREATE": "CREATE", "TEMPORARY": "TEMPORARY"}[row["privilege"]])
        names = [sql.Identifier(DATABASE), sql.Identifier(row["role"])]
        connection.execute(sql.SQL("GRANT {} ON DATABASE {} TO {}").format(privilege, *names))


def _rows(connection: psycopg.Connection, query: str, *values: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(query.encode(), values).fetchall()


def _create(row: dict[str, Any]) -> sql.Composed:
    words = " ".join(word if row[column] else f"NO{word}" for column, word in _ATTRIBUTES.items())
    return sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(row["name"]), sql.SQL(words))


def _join(row: dict[str, Any]) -> sql.Composed:
    options = f"INHERIT {bool(row['inherit_option'])}, SET {bool(row['set_option'])}"
    names = [sql.Identifier(row["role"]), sql.Identifier(row["member"])]
    return sql.SQL("GRANT {} TO {} WITH ").format(*names) + sql.SQL(options)


def _set(row: dict[str, Any]) -> sql.Composed:
    name, _, value = str(row["setting"]).partition("=")
    here = sql.SQL("DATABASE {}").format(sql.Identifier(DATABASE))
    whose = sql.SQL("ROLE {}").format(sql.Identifier(row["role"])) if row["role"] else here
    where = sql.SQL(" IN ") + here if row["role"] and row["here"] else sql.SQL("")
    told = sql.SQL(value) if name in _LISTS else sql.Literal(value)
    return sql.SQL("ALTER {}{} SET {} TO {}").format(whose, where, sql.Identifier(*name.split(".")), told)
