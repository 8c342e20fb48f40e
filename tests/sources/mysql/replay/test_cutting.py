"""Logs of the replay's own."""

from pathlib import Path

import pytest

from tests.sources.mysql.replay import logs as make
from tests.sources.mysql.replay.logs import Logs
from workers.artifact import Position, Until
from workers.errors import Corrupt, Refused
from workers.sources.mysql.replay.chain import chain
from workers.sources.mysql.replay.cutting import Cut, Place, cut
from workers.sources.mysql.replay.events import MAGIC, events, opened
from workers.sources.mysql.replay.moments import stop
from workers.sources.mysql.replay.statements import Target

END = Position("bin.000002", 1 << 40)


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    """Two logs: of ours, theirs and both."""
    found = Logs(tmp_path / "logs")
    found.folder.mkdir()
    found.add([make.rows(1, "ours"), make.rows(2, "ours"), make.rows(3, "theirs"), make.rows(4, "ours", "theirs", "ours")])
    found.add([make.defined(5, "DROP TABLE x", "theirs"), make.rows(6, "ours")])
    return found


def made(logs: Logs, until: Position = END) -> Cut:
    folder = logs.folder.parent / "cut"
    folder.mkdir(exist_ok=True)
    return cut(chain(logs.folder, Position("bin.000001", 4)), until, Target("ours"), Place(folder, "relay"))


def content(path: Path) -> bytes:
    with opened(path) as log:
        assert len(list(events(log, log.first))) > 0
        return bytes(log.data[log.first :])


def test_what_is_ours_is_taken_byte_for_byte_and_rows_of_others_are_taken_out(logs: Logs) -> None:
    found = made(logs)
    both = (
        make.gtid(4) + make.query("BEGIN") + make.table(1, "ours") + make.written(1) + make.table(3, "ours") + make.written(3) + make.xid()
    )
    assert [content(path) for path in found.files] == [make.rows(1, "ours") + make.rows(2, "ours") + both, make.rows(6, "ours")]
    assert (found.transactions, found.left_out) == (4, 2)


def test_every_transaction_is_accounted_for_by_name(logs: Logs) -> None:
    found, source = made(logs), make.SOURCE
    assert (found.kept, found.passed) == (f"{source}:1-2:4:6", f"{source}:3:5")


def test_a_log_without_anything_of_ours_makes_no_file(logs: Logs) -> None:
    logs.add([make.rows(7, "theirs")])
    assert [path.name for path in made(logs, Position("bin.000003", 1 << 40)).files] == ["relay.000001", "relay.000002"]


def test_nothing_behind_the_moment_is_taken_or_even_read(logs: Logs) -> None:
    (logs.folder / "bin.000002").write_bytes(MAGIC + b"damaged beyond the moment")
    first = stop(chain(logs.folder, Position("bin.000001", 4)), Until(gtid=f"{make.SOURCE}:1"))
    found = made(logs, first.position)
    assert (found.kept, found.end) == (f"{make.SOURCE}:1", first.position)


def test_damage_before_the_moment_is_told_by_file_and_offset(logs: Logs) -> None:
    path = logs.folder / "bin.000002"
    path.write_bytes(path.read_bytes().replace(b"DROP TABLE", b"DROP TABLX"))
    with pytest.raises(Corrupt, match=r"bin\.000002 is damaged at \d+"):
        made(logs)


def test_a_moment_in_a_log_that_is_not_there_is_refused(logs: Logs) -> None:
    with pytest.raises(Refused, match=r"bin\.000009 is not among the logs \(bin\.000001 to bin\.000002\)"):
        made(logs, Position("bin.000009", 4))
