"""A dump process is believed only when its status, its words and its last line agree."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from workers.errors import Permanent
from workers.sources.mysql.dump import open_dump
from workers.sources.mysql.tools import Program

ROWS = "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT); INSERT INTO t (v) VALUES (REPEAT('x', 900));" + (
    "INSERT INTO t (v) SELECT v FROM t;" * 13
)


def _script(ground, folder: Path, text: str) -> None:
    """A dump program that is the real one changed by a shell pipeline; $REAL runs the real one."""
    real = ground.server.tool(Program.DUMP).path
    path = folder / real.name
    path.write_text(f'#!/bin/bash\nREAL={real}\nif [ "$1" = --version ]; then exec $REAL --version; fi\n{text}\n')
    path.chmod(0o755)


def _dump(ground, fake: Path) -> None:
    name = ground.database("CREATE TABLE t (i INT PRIMARY KEY); INSERT INTO t VALUES (1), (2)")
    ground.dump(ground.target(name, tools=fake))


def test_the_fakes_themselves_are_fair(ground, fake: Path) -> None:
    _script(ground, fake, '$REAL "$@"')
    _dump(ground, fake)


def test_half_an_output_with_status_0_is_no_dump(ground, fake: Path) -> None:
    _script(ground, fake, '$REAL "$@" | head -c -30; exit 0')
    with pytest.raises(Permanent, match="ends without '-- Dump completed' although it ended with status 0"):
        _dump(ground, fake)


def test_an_unknown_word_on_stderr_is_failure_even_with_status_0(ground, fake: Path) -> None:
    _script(ground, fake, '$REAL "$@"; echo "Error: masking policy could not be read" >&2')
    with pytest.raises(Permanent, match="status 0, but said what nobody expects: Error: masking policy could not be read"):
        _dump(ground, fake)


def test_an_unknown_loose_option_is_no_failure(ground, fake: Path) -> None:
    _script(ground, fake, 'echo "mysqldump: [Warning] unknown option \'--loose-skip-masking-policies\'." >&2; exec $REAL "$@"')
    _dump(ground, fake)


def test_a_status_is_told_with_the_programs_own_words(ground, fake: Path) -> None:
    _script(ground, fake, '$REAL "$@"; echo "mysqldump: Error 1412: Table definition has changed" >&2; exit 3')
    with pytest.raises(Permanent, match="ended with status 3: mysqldump: Error 1412: Table definition has changed"):
        _dump(ground, fake)


def test_a_program_that_cannot_start_its_snapshot_is_told_before_anything_is_dumped(ground, fake: Path) -> None:
    _script(ground, fake, 'echo "mysqldump: Got error: 2061: Authentication requires secure connection" >&2; exit 2')
    with pytest.raises(Permanent, match="ended with status 2: mysqldump: Got error: 2061"):
        _dump(ground, fake)


def test_a_program_that_stays_silent_does_not_hold_commits_for_ever(ground, fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.sources.mysql.snapshot._OPEN_SECONDS", 0.5)
    _script(ground, fake, "exec sleep 60")
    started = time.monotonic()
    with pytest.raises(Permanent, match="did not open its snapshot in time"):
        _dump(ground, fake)
    assert time.monotonic() - started < 10


def test_a_killed_child_fails_the_dump_with_its_signal(ground) -> None:
    name = ground.database(ROWS)
    with open_dump(ground.target(name), 1) as dump:
        parts = dump.parts()
        list(next(parts).blocks)
        blocks = next(parts).blocks
        next(blocks)
        os.kill(dump.snapshot.streams[0].pid, signal.SIGKILL)
        with pytest.raises(Permanent, match="was killed by signal 9 in mid dump"):
            list(blocks)


def test_a_connection_lost_in_mid_dump_fails_it_with_the_servers_words(ground) -> None:
    name = ground.database(ROWS + "INSERT INTO t (v) SELECT v FROM t;" * 2)  # more than all pipes and buffers on the way hold
    user = ground.account("ALL ON *.*")
    with open_dump(ground.target(name, user), 1) as dump:
        parts = dump.parts()
        list(next(parts).blocks)
        blocks = next(parts).blocks
        next(blocks)
        victims = ground.execute(f"SELECT id FROM information_schema.processlist WHERE user = '{user}' AND info LIKE 'SELECT /%'")
        assert victims
        for (victim,) in victims:
            ground.execute(f"KILL {victim}")
        with pytest.raises(Permanent, match=r"ended with status \d: .*(2013|1317|1927|2006)"):
            list(blocks)


def test_a_reader_that_waits_does_not_break_the_dump(ground) -> None:
    name = ground.database(ROWS)
    with open_dump(ground.target(name), 1) as dump:
        total = 0
        for part in dump.parts():
            for block in part.blocks:
                time.sleep(0.2)
                total += len(block.data)
        assert dump.facts().counts[0].rows == 8192
    assert total > 8192 * 900


def test_the_password_is_in_no_argument_of_any_process(ground) -> None:
    name = ground.database(ROWS)
    user = ground.account("ALL ON *.*", password="s3cr3t #\\'word")
    with open_dump(ground.target(name, user, password="s3cr3t #'word"), 1):
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [line for line in lines if b"s3cr3t" in line]


def test_the_keys_of_a_range_are_in_no_argument_of_any_process(ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.sources.mysql.shares._WORTH", 0)
    name = ground.database("CREATE TABLE t (k VARCHAR(50) PRIMARY KEY); INSERT INTO t VALUES ('ann@x.org'), ('bob@x.org'), ('eve@x.org')")
    ground.execute("ANALYZE TABLE t", database=name)
    with open_dump(ground.target(name), 2) as dump:
        assert len(dump.snapshot.streams) == 2
        for process in dump.snapshot.streams:
            line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            assert b"bob".hex().encode().upper() not in line
            assert b"where" not in line


def test_children_end_with_the_thread_that_started_them_and_so_with_their_worker(ground) -> None:
    name = ground.database(ROWS)
    opened = []

    def work() -> None:
        context = open_dump(ground.target(name), 1)
        opened.append((context, context.__enter__()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with pytest.raises(Permanent, match="was killed by signal 9"):
        [list(part.blocks) for part in opened[0][1].parts()]
    opened[0][0].__exit__(None, None, None)
