"""A table as SHOW CREATE TABLE prints it: one line for each column, key and constraint, the same on both flavours. Floor: tools."""

import re
from dataclasses import dataclass, replace

from workers.sources.mysql.faults import quoted, unquoted

_NAME = r"`(?:[^`]|``)+`"
_PART = rf"{_NAME}(?:\(\d+\))?(?: DESC)?"
_PARTS = rf"\((?P<parts>{_PART}(?:,{_PART})*)\)"
_SAID = r"(?: COMMENT '(?:[^'\\]|''|\\.)*')?(?: /\*!80000 INVISIBLE \*/| IGNORED)?"
_KEY = re.compile(rf"(?:UNIQUE )?KEY {_NAME} {_PARTS}(?: USING BTREE)?{_SAID}")
_PRIMARY = re.compile(rf"PRIMARY KEY {_PARTS}.*")
_LIST = rf"{_NAME}(?:, {_NAME})*"
_TO = rf"(?:(?P<schema>{_NAME})\.)?(?P<table>{_NAME}) \((?P<columns>{_LIST})\)"
_FOREIGN = re.compile(rf"CONSTRAINT (?P<name>{_NAME}) FOREIGN KEY \({_LIST}\) REFERENCES {_TO}.*")
_STAYS = re.compile(rf"{_NAME} |FULLTEXT KEY |CONSTRAINT {_NAME} CHECK |CHECK ")  # full text keys are printed last whenever they are added
_COUNTED = re.compile(rf"({_NAME}) .*\bAUTO_INCREMENT\b")


@dataclass(frozen=True, slots=True)
class Foreign:
    """A foreign key: its line, its name, and the columns that it points to; `schema` is "" for the table's own database."""

    line: str
    name: str
    schema: str
    table: str
    columns: tuple[str, ...]

    def at(self, schema: str) -> str:
        """The line, pointing into another database."""
        start = f" REFERENCES {quoted(self.table)} "
        return self.line.replace(start, f" REFERENCES {quoted(schema)}.{quoted(self.table)} ", 1)


@dataclass(frozen=True, slots=True)
class Printed:
    """The text in front of the lines and behind them, and the lines without their commas."""

    head: str
    lines: tuple[str, ...]
    tail: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Its plain secondary keys."""
        return tuple(line for line in self.lines if _KEY.fullmatch(line))

    @property
    def foreign(self) -> tuple[str, ...]:
        """Its foreign keys."""
        return tuple(line for line in self.lines if _FOREIGN.fullmatch(line))

    @property
    def foreign_keys(self) -> tuple[Foreign, ...]:
        """Its foreign keys, read."""
        found = [match for line in self.lines if (match := _FOREIGN.fullmatch(line))]
        return tuple(
            Foreign(match[0], _plain(match["name"]), _plain(match["schema"] or ""), _plain(match["table"]), _names(match["columns"]))
            for match in found
        )

    @property
    def primary(self) -> tuple[str, ...]:
        """The columns of its primary key, in order."""
        found = next((match for line in self.lines if (match := _PRIMARY.fullmatch(line))), None)
        return _names(found["parts"]) if found else ()

    @property
    def movable(self) -> bool:
        """Whether all keys but the primary one can go and come back in their order; never where the rows are sorted or numbered by them."""
        counted = {_plain(match[1]) for line in self.lines if (match := _COUNTED.match(line))}
        known = all(any(form.match(line) for form in (_STAYS, _PRIMARY)) or line in (*self.keys, *self.foreign) for line in self.lines)
        return bool(self.primary) and counted <= {self.primary[0]} and known

    @property
    def sql(self) -> str:
        """The statement, put together again."""
        return self.head + ",\n".join(f"  {line}" for line in self.lines) + self.tail

    @property
    def bare(self) -> str:
        """The statement without its keys and foreign keys."""
        gone = {*self.keys, *self.foreign}
        return replace(self, lines=tuple(line for line in self.lines if line not in gone)).sql


def printed(sql: str) -> Printed | None:
    """The parts of a table's definition; None where it is not printed in this form."""
    head, _, rest = sql.partition(" (\n")
    body, close, tail = rest.partition("\n)")
    lines = body.split("\n")
    if not close or not all(line.startswith("  ") for line in lines):
        return None
    return Printed(f"{head} (\n", tuple(line[2:].removesuffix(",") for line in lines), f"{close}{tail}")


def _names(text: str) -> tuple[str, ...]:
    return tuple(_plain(name) for name in re.findall(_NAME, text))


def _plain(name: str) -> str:
    return unquoted(name[1:-1])
