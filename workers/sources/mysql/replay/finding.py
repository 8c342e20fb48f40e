"""Statements in the logs by their words: who dropped that table, and when. Floor: tools.

Definitions stand in the logs themselves; a statement that changed rows only where the server writes it beside them
(`binlog_rows_query_log_events` on MySQL, `binlog_annotate_row_events` on MariaDB, which is on unless it was switched off).
"""

from collections.abc import Iterator, Sequence

from workers.artifact import Position, Statement
from workers.errors import Refused
from workers.sources.mysql.replay import decoding
from workers.sources.mysql.replay.chain import Chain, walk
from workers.sources.mysql.replay.events import HEADER, Kind
from workers.sources.mysql.replay.statements import tokens
from workers.sources.mysql.replay.transactions import Transaction

_LONGEST = 500  # characters of a statement that are shown
_QUERIES = frozenset({Kind.QUERY, Kind.QUERY_COMPRESSED})
_NOTES = frozenset({Kind.ROWS_QUERY, Kind.ANNOTATE})


def find(chain: Chain, words: str) -> Iterator[Statement]:
    """The statements that hold these words in this order, whatever stands between them. Refused where no word is given.

    `DROP TABLE comments` also finds "DROP TABLE IF EXISTS `community`.`comments`": capitals, quotes and comments make no difference.
    """
    wanted = _words(words)
    if not wanted:
        raise Refused('say what to look for, for example find("DROP TABLE comments")')
    for transaction in walk(chain):
        for database, sql in _said(transaction):
            if _holds(sql, wanted):
                yield _found(transaction, database, sql)


def _found(transaction: Transaction, database: str, sql: bytes) -> Statement:
    position = Position(transaction.log.name, transaction.start)
    return Statement(sql.decode(errors="replace")[:_LONGEST], database, transaction.gtid, transaction.committed, position)


def _said(transaction: Transaction) -> Iterator[tuple[str, bytes]]:
    """The default database and the words of each statement of a transaction that are in the log."""
    database = ""
    for kind, body in _bodies(transaction):
        if kind in _QUERIES:
            query = decoding.query_of(kind, body)
            database = query.database
            yield database, query.sql
        else:
            yield database, decoding.annotation(kind, body)


def _bodies(transaction: Transaction) -> Iterator[tuple[int, bytes]]:
    log = transaction.log
    for event in transaction.events[1:]:
        if event.kind in _QUERIES or event.kind in _NOTES:
            yield event.kind, log.body(event)
        elif event.kind == Kind.PAYLOAD:
            yield from ((kind, data[HEADER.size :]) for kind, data in decoding.payload(log, event) if kind in _QUERIES or kind in _NOTES)


def _holds(sql: bytes, wanted: Sequence[str]) -> bool:
    low = sql.lower()
    if not all(word.encode() in low for word in wanted if word.isascii()):  # tells most statements apart, and costs little
        return False
    there = iter(_words(sql.decode(errors="replace")))
    return all(word in there for word in wanted)


def _words(text: str) -> list[str]:
    return [token.text.casefold() for token in tokens(text) if token.quoted or token.text[0].isalnum() or token.text[0] in "_$"]
