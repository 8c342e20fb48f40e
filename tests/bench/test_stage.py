"""The stage of the benchmarks."""

from pathlib import Path

import pytest

from tests.bench.stage import FILES, needs_room


def test_a_disk_that_is_too_full_is_told_with_the_figures(tmp_path):
    with pytest.raises(SystemExit, match=r"GB free, 1000000\.0 GB of data need 8000000\.0: make BENCH_SIZE smaller"):
        needs_room(tmp_path, 1e15)


def test_files_need_less_than_a_database(tmp_path):
    with pytest.raises(SystemExit, match=r"1000000\.0 GB of data need 5000000\.0"):
        needs_room(tmp_path, 1e15, FILES)


def test_a_disk_with_room_is_none_of_our_business():
    needs_room(Path("/"), 1)
