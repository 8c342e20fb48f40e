"""A raw log, read while it streams past in pieces of any size."""

import hashlib
import struct
from datetime import UTC, datetime, timedelta

import pytest

from tests.sources.mysql.replay import logs as hand
from workers.artifact import Log
from workers.errors import Corrupt
from workers.sources.mysql.logs.reading import Reader
from workers.sources.mysql.replay.events import Kind

NOON = datetime.fromtimestamp(hand.NOON, UTC)
SOURCE = str(hand.SOURCE)
ENTRY = struct.pack("<QQ", 1, 5)
HEAD = hand.event(Kind.PREVIOUS_GTIDS, struct.pack("<Q16sQ", 1, hand.SOURCE.bytes, 1) + ENTRY)
WHOLE = hand.described() + HEAD + hand.rows(5, "a") + hand.rows(6, "a", second=1.5) + hand.rotate("bin.000008", 9)


def read(data: bytes, piece: int = 1 << 20) -> Log:
    reader = Reader("bin.000007")
    for at in range(0, len(data), piece):
        reader.feed(data[at : at + piece])
    return reader.finish()


def test_a_log_says_what_was_executed_before_and_after_it() -> None:
    found = read(WHOLE)
    assert (found.before, found.after, found.transactions) == (f"{SOURCE}:1-4", f"{SOURCE}:1-6", 2)


def test_a_log_says_when_it_began_and_when_its_last_transaction_was_committed() -> None:
    found = read(WHOLE)
    assert (found.began, found.ended) == (NOON, NOON + timedelta(seconds=1.5))


def test_size_and_digest_are_those_of_all_bytes() -> None:
    plain = read(WHOLE).plain
    assert (plain.bytes, plain.sha256) == (len(WHOLE), hashlib.sha256(WHOLE).hexdigest())


def test_the_first_event_stands_behind_the_head() -> None:
    assert read(WHOLE).first == len(hand.described() + HEAD)


@pytest.mark.parametrize("piece", [1, 3, 19, 64, 1000])
def test_the_size_of_the_pieces_makes_no_difference(piece: int) -> None:
    assert read(WHOLE, piece) == read(WHOLE)


def test_a_log_that_its_server_closed_says_so() -> None:
    assert read(WHOLE).closed
    assert read(hand.described() + hand.event(Kind.STOP)).closed
    assert not read(hand.described() + HEAD + hand.rows(5, "a")).closed


def test_a_log_of_mariadb_counts_by_domain_and_server() -> None:
    listed = hand.event(Kind.GTID_LIST, struct.pack("<IIIQIIQ", 2, 0, 97, 41, 3, 5, 7))
    found = read(hand.described() + listed + hand.mariadb_gtid(42, 2) + hand.query("CREATE TABLE t (a INT)", second=2))
    assert (found.before, found.after) == ("0-97-41,3-5-7", "0-97-42,3-5-7")
    assert found.ended == NOON + timedelta(seconds=2)


def test_a_list_of_no_gtids_is_the_beginning_of_a_server() -> None:
    assert read(hand.described() + hand.event(Kind.GTID_LIST, struct.pack("<I", 1 << 28))).before == ""


def test_tags_in_the_head_are_read() -> None:
    count = 1 << 56 | 2 << 8 | 1
    sets = b"".join(hand.SOURCE.bytes + tag + struct.pack("<Q", 1) + struct.pack("<QQ", 1, 3) for tag in (b"\x00", b"\x06abc"))
    found = read(hand.described() + hand.event(Kind.PREVIOUS_GTIDS, struct.pack("<Q", count) + sets))
    assert found.before == f"{SOURCE}:1-2,{SOURCE}:abc:1-2"


def test_every_flipped_bit_is_found_but_for_two_that_say_nothing_about_data() -> None:
    is_open, is_summed = 4 + 17, len(hand.described()) - 5  # of the format event, which is summed without the first
    for at in set(range(len(WHOLE))) - {is_open, is_summed}:
        broken = WHOLE[:at] + bytes((WHOLE[at] ^ 1,)) + WHOLE[at + 1 :]
        with pytest.raises(Corrupt, match=r"bin\.000007"):
            read(broken)


def test_a_log_that_is_cut_anywhere_but_between_events_is_refused() -> None:
    end = WHOLE.index(hand.rotate("bin.000008", 9))
    assert not read(WHOLE[:end]).closed
    for size in (0, 3, 20, 90, end - 1, end + 1, len(WHOLE) - 1):
        with pytest.raises(Corrupt, match="ends in the middle"):
            read(WHOLE[:size])


@pytest.mark.parametrize(
    "event", [hand.event(Kind.INTVAR, bytes(9)), hand.query("/* x */ insert INTO t VALUES (1)"), hand.query("DELETE FROM t")]
)
def test_statements_instead_of_rows_are_a_fault(event: bytes) -> None:
    assert "statements instead of rows" in read(hand.described() + hand.gtid(1) + event + hand.xid()).fault


@pytest.mark.parametrize("sql", ["BEGIN", "TRUNCATE t", "CREATE TABLE inserts (a INT)", "UPDATES", "COMMIT"])
def test_definitions_are_no_fault(sql: str) -> None:
    assert read(hand.described() + hand.gtid(1) + hand.query(sql)).fault == ""


def test_an_incident_is_a_fault() -> None:
    assert "incident" in read(hand.described() + hand.event(Kind.INCIDENT, bytes(3))).fault


def test_what_is_no_log_is_named() -> None:
    with pytest.raises(Corrupt, match="is no binary log"):
        read(b"x" * 100)
    with pytest.raises(Corrupt, match="encrypted"):
        read(b"\xfdbin" + bytes(100))


def test_a_log_without_checksums_is_read_too() -> None:
    plain = hand.described(summed=False) + hand.event(Kind.GTID, struct.pack("<B16sq", 0, hand.SOURCE.bytes, 9), summed=False)
    assert read(plain).after == f"{SOURCE}:9"
