"""The guides' own GRANTs, pasted as they stand, are enough; each of them is needed, and what is missing is named by who needs it."""

import re
import secrets
from pathlib import Path

import pytest

from tests.contracts.source import of, take
from workers.artifact import Kind, Order, Role
from workers.errors import Permanent
from workers.ports import Past
from workers.sources.mysql import place
from workers.sources.mysql.logs import doctor as logs
from workers.sources.mysql.privileges import needs, restoring
from workers.sources.mysql.source import MysqlSource

GUIDES = Path("docs/guides")
BLOCK = re.compile(r"^ *```sql\n *-- (MySQL|MariaDB)[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
GRANT = re.compile(r"GRANT (.+?)\s+ON (\S+) TO", re.DOTALL)
DATA = """CREATE TABLE t (i INT PRIMARY KEY, f FLOAT, KEY (f)); INSERT INTO t VALUES (1, 1.2345678);
CREATE TABLE u (i INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES t (i)); INSERT INTO u VALUES (1, 1);"""
OBJECTS = """CREATE VIEW v AS SELECT i FROM t; CREATE PROCEDURE p() SELECT 1; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1;
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET @x = 1; CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1;"""


def pasted(ground, guide: str, database: str, *without: str) -> str:
    """An account that holds what a guide grants on this flavour, but for some; its name."""
    [block] = [text for flavour, text in BLOCK.findall((GUIDES / guide).read_text()) if flavour.lower() == ground.server.flavour]
    grants = [(names.split(", "), scope) for names, scope in GRANT.findall(block)]
    held = [([name for name in names if name not in without], scope) for names, scope in grants]
    fresh = [(names, re.sub(r"`community[^`]*`", f"`{database}`", scope)) for names, scope in held if names]
    return str(ground.account(*(f"{', '.join(names)} ON {scope}" for names, scope in fresh)))


def granted(guide: str, flavour: str) -> set[tuple[str, str]]:
    """What a guide grants, as (privilege, scope)."""
    [block] = [text for name, text in BLOCK.findall((GUIDES / guide).read_text()) if name.lower() == flavour]
    return {(name, scope[:-2].strip("`")) for names, scope in GRANT.findall(block) for name in names.split(", ")}


def test_the_guides_grant_what_is_asked_for_and_nothing_more(ground) -> None:
    server = ground.server
    full = {(need.names[0], need.scope) for need in needs(_named(server, "community"))}
    assert granted("backup.md", server.flavour) == full
    assert granted("point-in-time.md", server.flavour) == {(need.names[0], "*") for need in logs.needs(server)}
    restored = {(need.names[0], need.scope) for need in restoring(server, "community_restored")}
    assert {found for found in granted("restore.md", server.flavour) if found[1] != "*"} == restored


def _named(server, database: str):
    return type(server)(server.options.model_copy(update={"databases": [database]}), server.password, server.flavour, server.version)


def test_what_the_guides_grant_is_enough_for_a_full_the_logs_and_a_restore(ground, tmp_path: Path) -> None:
    name, into = ground.database(DATA + OBJECTS), f"r_{secrets.token_hex(4)}"
    ground.made.append(f"DROP DATABASE IF EXISTS {into}")
    pieces, wanted = take(_source(ground, name, pasted(ground, "backup.md", name)), tmp_path)
    with _source(ground, name, pasted(ground, "point-in-time.md", name)).ship(Past()) as dump:
        assert [block for part in dump.parts() for block in part.blocks]
    order = Order(wanted.backup, wanted.original, into, wanted.facts)
    source = _source(ground, into, pasted(ground, "restore.md", into))
    source.prepare(order, of(pieces, Role.SCHEMA))
    for piece in of(pieces, Role.DATA):
        source.load(order, *piece)
    outcome = source.finish(order, of(pieces, Role.SCHEMA, Role.CORRECTION, Role.POST_DATA, Role.ACCOUNTS))
    assert {count.name: count.rows for count in outcome.counts} == {"t": 1, "u": 1}
    assert ground.checksums(into) == ground.checksums(name)


def _source(ground, database: str, user: str) -> MysqlSource:
    server = ground.target("mysql", user)
    return MysqlSource(server.options.model_copy(update={"databases": [database]}), server.password)


def test_each_one_that_a_full_lacks_is_named_by_the_doctor_and_by_the_run(ground) -> None:
    name = ground.database(DATA)
    for privilege in sorted({need.names[0] for need in needs(ground.target(name))}):
        source = _source(ground, name, pasted(ground, "backup.md", name, privilege))
        wrong = [finding for finding in source.check() if not finding.ok and finding.what == f"privilege {privilege}"]
        assert wrong, privilege
        assert all(finding.remedy.startswith(f"GRANT {privilege} ON ") for finding in wrong)
        with pytest.raises(Permanent, match=rf"lacks .*{privilege}.* for a complete dump.*GRANT {privilege} ON"), source.dump(Kind.FULL):
            pass


def test_each_one_that_a_restore_lacks_is_named_before_anything_is_made(ground, tmp_path: Path) -> None:
    name, into = ground.database(DATA + OBJECTS), f"r_{secrets.token_hex(4)}"
    pieces, wanted = take(_source(ground, name, pasted(ground, "backup.md", name)), tmp_path)
    order = Order(wanted.backup, wanted.original, into, wanted.facts)
    for privilege in [need.names[0] for need in restoring(ground.server, into)]:
        source = _source(ground, into, pasted(ground, "restore.md", into, privilege))
        with pytest.raises(Permanent, match=rf"lacks {privilege} for a restore into {into}; paste .*GRANT {privilege} ON `{into}`"):
            source.prepare(order, of(pieces, Role.SCHEMA))
        assert not place.place(ground.server, into).exists


@pytest.mark.parametrize("privilege", ["SUPER", "SYSTEM_USER"])
def test_what_a_restore_of_other_peoples_routines_needs_is_told_in_the_servers_words(ground, tmp_path: Path, privilege: str) -> None:
    name, into = ground.database(DATA + OBJECTS), f"r_{secrets.token_hex(4)}"
    ground.made.append(f"DROP DATABASE IF EXISTS {into}")
    pieces, wanted = take(_source(ground, name, pasted(ground, "backup.md", name)), tmp_path)
    order = Order(wanted.backup, wanted.original, into, wanted.facts)
    source = _source(ground, into, pasted(ground, "restore.md", into, privilege))
    source.prepare(order, of(pieces, Role.SCHEMA))
    for piece in of(pieces, Role.DATA):
        source.load(order, *piece)
    rest = of(pieces, Role.SCHEMA, Role.CORRECTION, Role.POST_DATA, Role.ACCOUNTS)
    if privilege == "SYSTEM_USER" and ground.maria:  # there is none
        assert source.finish(order, rest).counts
    else:
        with pytest.raises(Permanent, match=rf"the rows are in {into}, but not all definitions; refused .*{privilege}"):
            source.finish(order, rest)
