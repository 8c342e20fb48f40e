"""What the programs and the manifest say about a copy, as the house understands it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from workers.artifact import Facts, Position
from workers.sources.mysql.physical.known import MEMORY, told_by, wished
from workers.sources.mysql.tools import Flavour


@pytest.mark.parametrize(
    ("said", "position"),
    [
        (b"bin.000042\t385\t0-10-7\n", Position("bin.000042", 385, "0-10-7")),
        (b"bin.000042\t385\t0-10-7,1-11-\n9\n", Position("bin.000042", 385, "0-10-7,1-11-9")),
        (b"bin.000042\t385\n", Position("bin.000042", 385, "")),
        (b"", None),
        (b"\n", None),
    ],
)
def test_a_position_is_read_as_it_is_written_down(said: bytes, position: Position | None) -> None:
    assert told_by(said) == position


def test_its_server_is_started_with_the_options_without_which_it_cannot_read_the_files(tmp_path: Path) -> None:
    extras = (("lower_case_table_names", "1"), ("innodb_page_size", "8192"), ("hostname", "db1"), ("server_id", "97"))
    facts = Facts("one", "mariadb", "10.11.18", "community", datetime(2026, 11, 22, tzinfo=UTC), extras=extras)
    wish = wished(facts, tmp_path, None)
    assert wish.extra == extras[:2]
    assert (wish.flavour, wish.version, wish.database, wish.server_id) == (Flavour.MARIADB, "10.11.18", "community", 97)
    assert (wish.parent, wish.memory) == (tmp_path, MEMORY)
