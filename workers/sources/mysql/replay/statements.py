"""Whose statement it is: the target database's, another one's, or the server's accounts'. Floor: tools.

Statements in a log with rows define things: tables, views, routines. Whether one belongs to a database is told by the names of what
it defines and not by the default database, which says nothing about qualified names. Where that cannot be told for certain, it is the
target's: a replay that stops at a statement is told to a person, one that lost a statement is not.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from workers.sources.mysql.faults import unquoted
from workers.sources.mysql.replay.decoding import Query

_TOKEN = re.compile(
    r"(?P<space>\s+|/\*!\d*|/\*M!\d*|\*/|/\*.*?\*/|--\s[^\n]*|\#[^\n]*)"
    r"|`(?P<name>(?:[^`]|``)*)`|\"(?P<double>(?:[^\"\\]|\\.|\"\")*)\"|(?P<text>'(?:[^'\\]|\\.|'')*')|(?P<word>[\w$]+)|(?P<sign>.)",
    re.DOTALL,
)
_THINGS = frozenset({"TABLE", "VIEW", "PROCEDURE", "FUNCTION", "EVENT", "TRIGGER", "SEQUENCE", "PACKAGE", "DATABASE", "SCHEMA", "INDEX"})
_WAYS = frozenset({"CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE"})
_BEFORE = r"(?:\s|/\*.*?\*/)*"  # programs like to put a comment before a statement
_ACCOUNTS = re.compile(
    _BEFORE
    + r"(?:(?:CREATE|ALTER|DROP|RENAME)\s+(?:OR\s+REPLACE\s+)?(?:USER|ROLE)|GRANT|REVOKE|SET\s+(?:PASSWORD|DEFAULT\s+ROLE)|FLUSH)\b",
    re.IGNORECASE | re.DOTALL,
)
_DROP_IT = re.compile(rf"({_BEFORE}DROP\s+(?:TEMPORARY\s+)?[A-Z]+)\s+(?!IF\s)".encode(), re.IGNORECASE | re.DOTALL)
_MOVES = frozenset({"RENAME", "EXCHANGE"})  # in an ALTER they name a second thing


class Whose(Enum):
    """Whose a statement is."""

    OURS = "ours"
    THEIRS = "theirs"
    ACCOUNTS = "accounts"


@dataclass(frozen=True, slots=True)
class Target:
    """The database that is replayed; `folded`: the server makes no difference between capital and small letters in names."""

    database: str
    folded: bool = False

    def is_named(self, name: str) -> bool:
        """Whether a name in a row's event is the target's."""
        return name == self.database or (self.folded and name.casefold() == self.database.casefold())


class Token(NamedTuple):
    """A word, name or sign of a statement. `quoted` names are never words of the language."""

    text: str
    quoted: bool

    @property
    def word(self) -> str:
        """The word of the language that it is; "" where it is a name."""
        return "" if self.quoted else self.text.upper()


@dataclass(frozen=True, slots=True)
class Judged:
    """Whose a statement is, the other databases that it names, and whether it drops something of theirs together with ours."""

    whose: Whose
    others: frozenset[str] = frozenset()
    mixed: bool = False


def tokens(sql: str) -> Iterator[Token]:
    """The words, names and signs of a statement, without blanks and comments; what stands in comments for one server only counts."""
    for match in _TOKEN.finditer(sql):
        kind, text = match.lastgroup, match.group(match.lastgroup or 0)
        if kind == "name":
            yield Token(unquoted(text), quoted=True)
        elif kind in ("double", "text"):
            yield Token(text, quoted=True)
        elif kind != "space":
            yield Token(text, quoted=False)


def judge(query: Query, target: Target) -> Judged:
    """Whose statement it is."""
    sql = query.sql.decode(errors="surrogateescape")
    if _ACCOUNTS.match(sql):
        return Judged(Whose.ACCOUNTS)
    found = list(tokens(sql))
    named = _subjects(found, query.database)
    near = _is_near(query, sql, target)
    if named is None or (near and _may_move(found)):
        whose, named = (Whose.OURS if near else Whose.THEIRS), named or []
    else:
        whose = Whose.OURS if any(_same(name, target) for name in named) else Whose.THEIRS
    others = frozenset(name for name in (*named, query.database) if name and not target.is_named(name))
    return Judged(whose, others, mixed=whose is Whose.OURS and bool(found) and found[0].word == "DROP" and not others.isdisjoint(named))


def leniently(sql: bytes) -> bytes:
    """A DROP that minds nothing that is not there: of a list over two databases only our part is here."""
    found = _DROP_IT.match(sql)
    return found[1] + b" IF EXISTS " + sql[found.end() :] if found else sql


def _is_near(query: Query, sql: str, target: Target) -> bool:
    """Whether the target can be meant at all: a statement elsewhere that does not even hold its name cannot mean it.

    The name of a database in Korean may stand there in the client's own character set, so then anything that is not ASCII may be it.
    """
    foreign = not target.database.isascii() and not sql.isascii()
    return _same(query.database, target) or foreign or target.database.casefold() in sql.casefold() or "`" in target.database


def _same(name: str, target: Target) -> bool:
    """Whether a name in a statement can be the target's; a name that is no UTF-8 may be any that is not ASCII."""
    if any("\udc80" <= character <= "\udcff" for character in name):
        return not target.database.isascii()
    return name.casefold() == target.database.casefold()


def _may_move(found: Sequence[Token]) -> bool:
    return bool(found) and found[0].word == "ALTER" and any(token.word in _MOVES for token in found)


def _subjects(found: Sequence[Token], default: str) -> list[str] | None:
    """The databases of the things that a statement defines; None where it is of no form that is known here."""
    if not found or (way := found[0].word) not in _WAYS:
        return None
    at = next((place for place, token in enumerate(found[:40]) if token.word in _THINGS), None)
    if at is None:
        return [_name(found, 1, default)[0]] if way == "TRUNCATE" and len(found) > 1 else None
    thing = found[at].word
    if thing == "INDEX":
        at = next((place for place, token in enumerate(found) if place > at and token.word == "ON"), len(found))
    at = _past_conditions(found, at + 1 + (thing == "PACKAGE" and found[at + 1].word == "BODY"))
    if at >= len(found):
        return None
    if thing in ("DATABASE", "SCHEMA"):
        return [_database(found[at], default)]
    return _names(found, at, default) if way in ("DROP", "RENAME") else [_name(found, at, default)[0]]


def _past_conditions(found: Sequence[Token], at: int) -> int:
    while at < len(found) and found[at].word in ("IF", "NOT", "EXISTS", "ONLY"):
        at += 1
    return at


def _database(token: Token, default: str) -> str:
    """The name in a statement about a database; ALTER DATABASE may leave it out and go on with an option."""
    return (
        default if token.word in ("CHARACTER", "CHARSET", "COLLATE", "DEFAULT", "COMMENT", "ENCRYPTION", "READ", "UPGRADE") else token.text
    )


def _names(found: Sequence[Token], at: int, default: str) -> list[str] | None:
    """The databases of all names in a list: `a.x, y` or `x TO b.x, …`; None where it goes on in a way that is not known."""
    databases = []
    while at < len(found):
        database, at = _name(found, at, default)
        databases.append(database)
        if at >= len(found) or found[at].word in ("RESTRICT", "CASCADE"):
            return databases
        if found[at].word not in (",", "TO"):
            break
        at += 1
    return None


def _name(found: Sequence[Token], at: int, default: str) -> tuple[str, int]:
    """The database of the name at a place, and the place behind the name."""
    if at + 2 < len(found) and found[at + 1] == Token(".", quoted=False):
        return found[at].text, at + 3
    return default, at + 1
