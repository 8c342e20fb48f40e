"""Shipping from real servers: what comes is what the server keeps, what is missing is named."""

import itertools
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources.mysql.logs.conftest import Dock
from workers.artifact import Position
from workers.errors import Permanent
from workers.ports import Past
from workers.sources.mysql.logs.gtid import parse
from workers.sources.mysql.logs.shipping import Shipping, open_shipping


def drained(dump: Shipping) -> bytes:
    """All its bytes."""
    return b"".join(block.data for part in dump.parts() for block in part.blocks)


def test_a_shipped_log_is_byte_for_byte_what_the_server_keeps(dock: Dock) -> None:
    facts, data = dock.ship()
    assert [log.name for log in facts.logs] == ["bin.000001"]
    assert data == dock.file("bin.000001")
    assert facts.logs[0].closed
    assert facts.logs[0].fault == ""


def test_only_what_the_chain_does_not_have_is_shipped(dock: Dock) -> None:
    first, _ = dock.ship()
    dock.write(3)
    second, data = dock.ship(first.position)
    assert [log.name for log in second.logs] == ["bin.000002"]
    assert data == dock.file("bin.000002")
    assert second.gap == ""


def test_the_gtids_of_one_shipping_go_on_where_those_before_ended(dock: Dock) -> None:
    first, _ = dock.ship()
    dock.write(3)
    second, _ = dock.ship(first.position)
    assert second.logs[0].before == first.logs[-1].after != ""
    assert parse(second.logs[0].after).minus(parse(second.logs[0].before))
    assert second.logs[0].transactions == 3


def test_several_files_make_one_bundle(dock: Dock) -> None:
    first, _ = dock.ship()
    for _ in range(3):
        dock.write()
        dock.run("FLUSH BINARY LOGS")
    dock.write()
    facts, data = dock.ship(first.position)
    names = [f"bin.{number:06}" for number in range(2, 6)]
    assert [log.name for log in facts.logs] == names
    assert data == b"".join(map(dock.file, names))
    assert facts.position == Position("bin.000005", len(dock.file("bin.000005")), facts.logs[-1].after)


def test_nothing_new_ships_nothing_closes_nothing_and_still_moves_the_moment(dock: Dock) -> None:
    first, _ = dock.ship()
    second, data = dock.ship(first.position)
    assert (data, second.logs, second.gap, second.position) == (b"", (), "", first.position)
    assert second.snapshot > first.snapshot
    assert not (dock.database.folder / "binlog" / "bin.000003").exists()


def test_the_moment_is_before_the_log_was_closed(dock: Dock) -> None:
    before = datetime.now(UTC)
    facts, _ = dock.ship()
    assert before <= facts.snapshot <= datetime.now(UTC)
    assert facts.snapshot.microsecond


def test_a_chain_begins_with_the_log_in_which_the_full_stands(dock: Dock) -> None:
    for _ in range(3):
        dock.run("FLUSH BINARY LOGS")
    facts, _ = dock.ship(full=Position("bin.000003", 4))
    assert [log.name for log in facts.logs] == ["bin.000003", "bin.000004"]


def test_without_a_full_a_chain_begins_with_the_newest_log(dock: Dock) -> None:
    for _ in range(3):
        dock.run("FLUSH BINARY LOGS")
    facts, _ = dock.ship()
    assert [log.name for log in facts.logs] == ["bin.000004"]


def test_logs_that_were_purged_before_they_were_fetched_are_a_gap_that_names_them(dock: Dock) -> None:
    first, _ = dock.ship()
    for _ in range(3):
        dock.write()
        dock.run("FLUSH BINARY LOGS")
    dock.purge("bin.000004")
    facts, _ = dock.ship(first.position)
    assert facts.gap.startswith("everything from bin.000002 up to bin.000004 was purged by the server before it was fetched")
    assert "make a new full backup" in facts.gap
    assert [log.name for log in facts.logs] == ["bin.000004", "bin.000005"]
    assert facts.gap in facts.warnings[0]


def test_one_log_that_was_purged_is_named_alone(dock: Dock) -> None:
    first, _ = dock.ship()
    dock.write()
    dock.run("FLUSH BINARY LOGS")
    dock.purge("bin.000003")
    assert dock.ship(first.position)[0].gap.startswith("bin.000002 was purged")


def test_after_a_reset_everything_is_shipped_anew_behind_a_gap(dock: Dock) -> None:
    for _ in range(2):
        dock.run("FLUSH BINARY LOGS")
    first, _ = dock.ship()
    dock.reset()
    dock.write()
    facts, _ = dock.ship(first.position)
    assert "has no log after bin.000003, the logs were reset" in facts.gap
    assert [log.name for log in facts.logs] == ["bin.000001"]


def test_a_reset_after_which_there_are_as_many_logs_again_is_found(dock: Dock) -> None:
    first, _ = dock.ship()
    dock.reset()
    for _ in range(3):
        dock.write(2)
        dock.run("FLUSH BINARY LOGS")
    facts, _ = dock.ship(first.position)
    assert "the logs were reset" in facts.gap
    assert [log.name for log in facts.logs] == [f"bin.{number:06}" for number in range(1, 5)]


def test_a_reset_is_found_by_gtids_where_the_last_shipped_log_is_gone(dock: Dock) -> None:
    first, _ = dock.ship()
    dock.reset()
    dock.write(5)
    dock.run("FLUSH BINARY LOGS")
    dock.purge("bin.000002")
    facts, _ = dock.ship(first.position)
    assert "bin.000002 does not go on where bin.000001 ended" in facts.gap


def test_a_log_that_ended_in_a_crash_is_shipped_and_said_to_be_so(dock: Dock) -> None:
    dock.write(2)
    dock.database.kill()
    dock.database.start()
    dock.write()
    facts, data = dock.ship(full=Position("bin.000001", 4))
    assert [log.closed for log in facts.logs] == [False, True]
    assert data == dock.file("bin.000001") + dock.file("bin.000002")
    assert facts.logs[0].after == facts.logs[1].before
    assert any("as after a crash" in words for words in facts.warnings)


def test_statements_instead_of_rows_are_refused_beforehand(dock: Dock) -> None:
    dock.run("SET GLOBAL binlog_format = 'STATEMENT'")
    try:
        with pytest.raises(Permanent, match="SET GLOBAL binlog_format = 'ROW'"):
            dock.ship()
    finally:
        dock.run("SET GLOBAL binlog_format = 'ROW'")


def test_a_log_that_holds_statements_says_so(dock: Dock) -> None:
    with dock.database.admin("w") as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION binlog_format = 'STATEMENT'")
        cursor.execute("INSERT INTO t VALUES (2)")
    facts, _ = dock.ship()
    assert "statements instead of rows" in facts.logs[0].fault
    assert any("no moment in it can be restored" in words for words in facts.warnings)


def test_a_log_that_vanishes_while_it_is_fetched_fails_the_shipping_and_is_named(dock: Dock) -> None:
    first, _ = dock.ship()
    dock.write()
    with open_shipping(dock.server(), Past(first.position)) as dump:
        dock.purge("bin.000003")
        with pytest.raises(Permanent, match=r"did not fetch bin\.000002"):
            drained(dump)


def test_facts_are_refused_before_every_log_was_fetched(dock: Dock) -> None:
    with open_shipping(dock.server(), Past()) as dump, pytest.raises(Permanent, match="0 of 1 logs were fetched"):
        dump.facts()


def test_no_pipe_and_no_password_is_left_behind(dock: Dock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dock.ship()
    assert list(tmp_path.iterdir()) == []


def test_under_writers_every_transaction_lies_in_one_shipping_and_none_comes_later_than_its_moment_says(dock: Dock) -> None:
    stop, acknowledged = threading.Event(), list[datetime]()

    def write() -> None:
        while not stop.is_set():
            dock.write()
            acknowledged.append(datetime.now(UTC))

    writer = threading.Thread(target=write)
    first, _ = dock.ship()
    shipped = [first]
    writer.start()
    try:
        for number in range(5):
            while len(acknowledged) < 3 * (number + 1):
                time.sleep(0.01)
            shipped.append(dock.ship(shipped[-1].position)[0])
    finally:
        stop.set()
        writer.join()
    held = 0
    for before, facts in itertools.pairwise(shipped):
        assert (facts.gap, facts.logs[0].before) == ("", before.logs[-1].after)
        held += sum(log.transactions for log in facts.logs)
        assert held >= sum(moment < facts.snapshot for moment in acknowledged)
    assert held > len(shipped)
