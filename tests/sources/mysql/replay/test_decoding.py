"""What single events say."""

import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.mysql.replay import logs as make
from workers.errors import Corrupt
from workers.sources.mysql.replay import decoding
from workers.sources.mysql.replay.events import HEADER, Kind, events, opened

# A GTID with a tag as MySQL 9.7.4 wrote it: 0e48f444-e73e-11f1-a4a4-02fc00000001:nightly:1, committed at 2026-11-23 13:01:55.881173 UTC.
TAGGED = "0276000000021c90d103889d037c22c5039102910204f103000000020404060e6e696768746c7908080a0a0c7fd508cc32f160061035041283120b"


def test_a_tagged_gtid_is_read_with_its_time(tmp_path: Path) -> None:
    path = tmp_path / "bin.000001"
    path.write_bytes(make.described() + make.event(Kind.GTID_TAGGED, bytes.fromhex(TAGGED)))
    with opened(path) as log:
        (event,) = events(log, log.first)
        assert decoding.gtid(log, event) == "0e48f444-e73e-11f1-a4a4-02fc00000001:nightly:1"
        assert decoding.committed(log, event) == datetime(2026, 11, 23, 13, 1, 55, 881173, UTC)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40), st.text(max_size=300))
def test_a_statement_and_its_default_database_are_read(database: str, sql: str) -> None:
    found = decoding.query_of(Kind.QUERY, make.query(sql, database)[HEADER.size : -4])
    assert (found.database, found.sql) == (database, sql.encode())


def test_mariadbs_compressed_statement_is_opened() -> None:
    sql = b"CREATE TABLE t (id INT)" * 20
    body = make.query("", "c")[HEADER.size : -4] + bytes((0x80 | 2,)) + len(sql).to_bytes(2, "big") + zlib.compress(sql)
    assert decoding.query_of(Kind.QUERY_COMPRESSED, body).sql == sql


def test_another_statement_in_its_place_keeps_all_else() -> None:
    event = make.query("DROP TABLE t", "community", 7)[:-4]
    anew = decoding.said_anew(event, b"DROP TABLE IF EXISTS t")
    assert decoding.query_of(Kind.QUERY, anew[HEADER.size :]) == decoding.Query("community", b"DROP TABLE IF EXISTS t")
    assert anew[: HEADER.size] == event[: HEADER.size]


def test_a_tables_number_and_database_are_read() -> None:
    assert decoding.table(make.table(70000, "community", "posts")) == (70000, "community")


def test_an_unknown_way_of_compressing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bin.000001"
    path.write_bytes(make.described() + make.event(Kind.PAYLOAD, bytes((2, 1, 9, 0)) + b"?"))
    with (
        opened(path) as log,
        pytest.raises(Corrupt, match=r"bin\.000001 holds a transaction at \d+ that is compressed in an unknown way \(9\)"),
    ):
        list(decoding.payload(log, next(events(log, log.first))))
