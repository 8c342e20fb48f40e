"""A log comes whole from its program, or not at all: what it says, how it ends, and what it leaves are judged."""

import os
import stat
from pathlib import Path

import pytest

from workers.errors import Permanent
from workers.sources.mysql.logs.fetching import Fetcher
from workers.sources.mysql.tools import Flavour, Tool

NAME = "binlog.000007"
INTO = '"$into"'  # where the program is told to write, which has to be a pipe


@pytest.fixture
def fetcher(tmp_path: Path) -> Fetcher:
    """The program is a shell script, written by `script`."""
    (tmp_path / "private").mkdir()
    return Fetcher(Tool(tmp_path / "mysqlbinlog", Flavour.MYSQL, "9.7.4"), tmp_path / "private" / "client.cnf")


def script(fetcher: Fetcher, text: str) -> None:
    fetcher.tool.path.write_text(f'#!/bin/sh\ninto="${{4#--result-file=}}$5"\ntest -p "$into" || exit 77\n{text}\n')
    fetcher.tool.path.chmod(0o755)


def left(fetcher: Fetcher) -> list[str]:
    return [path.name for path in fetcher.option_file.parent.iterdir()]


def test_every_byte_comes_in_order_and_the_pipe_is_gone_afterwards(fetcher: Fetcher) -> None:
    script(fetcher, f"seq 1 200000 > {INTO}")
    data = b"".join(fetcher.fetch(NAME))
    assert data == b"".join(b"%d\n" % number for number in range(1, 200001))
    assert left(fetcher) == []


def test_nothing_lies_on_the_disk_while_it_comes(fetcher: Fetcher) -> None:
    script(fetcher, f"(echo one; sleep 0.2; echo two) > {INTO}")
    pieces = fetcher.fetch(NAME)
    assert next(pieces) == b"one\n"
    assert stat.S_ISFIFO((fetcher.option_file.parent / NAME).stat().st_mode)
    assert b"".join(pieces) == b"two\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"echo one > {INTO}; exit 1", r"did not fetch binlog.000007 \(status 1\): it said nothing"),
        (f"echo one > {INTO}; echo 'could not find next log' >&2", r"\(status 0\): could not find next log"),
        (f"echo one > {INTO}; kill -9 $$", r"\(status -9\)"),
        ("exit 0", None),
        ("echo 'Access denied' >&2; exit 1", r"\(status 1\): Access denied"),
    ],
)
def test_how_it_ends_is_judged_whatever_came_before(fetcher: Fetcher, text: str, words: str | None) -> None:
    script(fetcher, text)
    if words is None:  # an empty log is for who reads it to refuse
        assert list(fetcher.fetch(NAME)) == []
    else:
        with pytest.raises(Permanent, match=words):
            list(fetcher.fetch(NAME))
    assert left(fetcher) == []


def test_who_stops_reading_leaves_neither_program_nor_pipe(fetcher: Fetcher) -> None:
    script(fetcher, f"echo $$ > {fetcher.option_file.parent.parent}/pid; yes | head -c 50000000 > {INTO}")
    pieces = fetcher.fetch(NAME)
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # it is a generator
    pid = int((fetcher.option_file.parent.parent / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert left(fetcher) == []


def test_no_secret_and_no_other_option_file_are_in_its_arguments(fetcher: Fetcher) -> None:
    seen = fetcher.option_file.parent.parent / "seen"
    script(fetcher, f'echo "$@" > {seen}; echo "$MYSQL_TEST_LOGIN_FILE" >> {seen}; : > {INTO}')
    assert list(fetcher.fetch(NAME)) == []
    arguments, login = seen.read_text().splitlines()
    assert arguments.startswith(f"--defaults-file={fetcher.option_file} ")
    assert arguments.endswith(f" {NAME}")
    assert not Path(login).exists()
