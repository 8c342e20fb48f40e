"""An index in a compressed file of its own: line by line in and out, and a full disk is told as what it is."""

from pathlib import Path
from tempfile import TemporaryFile

import pytest

from workers.errors import Permanent
from workers.sources.files.entry import Entry, Stat, Type
from workers.sources.files.index import line, read
from workers.sources.files.spooled import SpooledIndex, blocks, lines

ENTRIES = [Entry("", Stat(Type.FOLDER)), *(Entry(f"{number:06}", Stat(Type.PIPE, mode=0o600)) for number in range(20_000))]


def test_what_was_added_is_read_again_in_order_in_blocks_that_end_with_a_line() -> None:
    with TemporaryFile() as file:
        index = SpooledIndex(file)
        for entry in ENTRIES:
            index.add(entry)
        index.end()
        file.seek(0)
        found = [block.data for block in blocks(file)]
        assert all(data.endswith(b"\n") for data in found)
        assert len(found) > 1
        assert b"".join(found) == b"".join(map(line, ENTRIES))
        assert file.tell() < sum(map(len, found)) / 10
        file.seek(0)
        assert list(read(lines(file))) == ENTRIES


def test_an_index_of_nothing_is_empty() -> None:
    with TemporaryFile() as file:
        SpooledIndex(file).end()
        file.seek(0)
        assert list(lines(file)) == []


def test_a_full_disk_is_told_with_what_a_name_needs() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(Permanent, match=r"cannot be written: No space left .* 60 bytes"):
        SpooledIndex(full).end()
