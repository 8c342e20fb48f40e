"""The demo's own proof: a copy of every table beside the platform, made before the disaster.

The writer only adds rows, so what the backup's moment held is what lies below the greatest key that came back:
rows above it were written after the snapshot and are counted, not compared.
"""

from dataclasses import dataclass

from pymysql.connections import Connection

from compose.demo.community import TABLES, checksums

NAME = "demo_witness"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which tables came back equal (CHECKSUM TABLE), and how many rows were written after the snapshot."""

    equal: tuple[str, ...]
    different: tuple[str, ...]
    later: int


def copy(connection: Connection) -> None:
    """Copy every table of the community database."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")
        cursor.execute(f"CREATE DATABASE {NAME}")
        cursor.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0")
        for table in TABLES:
            cursor.execute(f"CREATE TABLE {NAME}.{table} LIKE community.{table}")
            cursor.execute(f"INSERT INTO {NAME}.{table} SELECT * FROM community.{table}")
    connection.commit()


def compare(connection: Connection, restored: str) -> Verdict:
    """Compare the restored database with the copy."""
    later = 0
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT MAX(id) FROM `{restored}`.{table}")
            (newest,) = cursor.fetchone() or (0,)
            later += cursor.execute(f"DELETE FROM {NAME}.{table} WHERE id > %s", (newest or 0,))
    connection.commit()
    wanted, found = checksums(connection, NAME), checksums(connection, restored)
    equal = tuple(table for table in TABLES if wanted[table] == found.get(table))
    return Verdict(equal, tuple(table for table in TABLES if table not in equal), later)


def objects(connection: Connection, restored: str) -> dict[str, bool]:
    """Whether the view, the trigger, the routine and the event are there again."""
    asked = {
        "view": "SELECT COUNT(*) FROM information_schema.views WHERE table_schema = %s AND table_name = 'active_users'",
        "trigger": "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = %s AND trigger_name = 'post_seen'",
        "routine": "SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = %s AND routine_name = 'rename_user'",
        "event": "SELECT COUNT(*) FROM information_schema.events WHERE event_schema = %s AND event_name = 'forget_seen'",
    }
    found = {}
    with connection.cursor() as cursor:
        for name, sql in asked.items():
            cursor.execute(sql, (restored,))
            found[name] = cursor.fetchone() == (1,)
    return found
