"""The cutter: whole statements, each block able to stand alone, nothing lost."""

import re
from io import BytesIO

import pytest

from workers.errors import Permanent
from workers.ports import Block
from workers.sources.mysql.cutter import BLOCK, CHARSETS, Cutter
from workers.sources.mysql.tools import Flavour

HEAD = b"-- MySQL dump\n/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;\n/*!40103 SET TIME_ZONE='+00:00' */;\n"
FOOT = b"\n/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n\n/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n\n-- Dump completed\n"


def _tables(data: bytes) -> list[str]:
    return [name.decode().replace("``", "`") for name in re.findall(rb"-- Dumping data for table `((?:[^`]|``)+)`\n", data)]


def _title(name: str) -> bytes:
    return b"\n--\n-- Dumping data for table `%b`\n--\n" % name.encode()


def _insert(size: int) -> bytes:
    return b"INSERT INTO `t` VALUES (_binary '%b');\n" % (b"x" * size)


def _cut(data: bytes, step: int, flavour: Flavour = Flavour.MYSQL) -> list[Block]:
    cutter, pipe, blocks = Cutter(CHARSETS[flavour], _tables(data)), BytesIO(data), list[Block]()
    while count := _read(pipe, cutter, step):
        blocks += cutter.wrote(count)
    return [*blocks, *cutter.finish("mysqldump")]


def _read(pipe: BytesIO, cutter: Cutter, step: int) -> int:
    with cutter.space() as space:
        return pipe.readinto(space[:step])


def _statements(blocks: list[Block]) -> bytes:
    return b"".join(b"".join(re.findall(rb"INSERT.*?;\n", block.data)) for block in blocks)


@pytest.mark.parametrize("step", [64 << 10, 1 << 20, 7777, 100 << 20])
def test_nothing_is_lost_or_doubled_however_the_pipe_delivers_it(step: int) -> None:
    inserts = b"".join(_insert(size) for size in [200_000] * 20 + [3 << 20] + [50] * 3000)
    blocks = _cut(HEAD + _title("t") + b"\n" + inserts + FOOT, step)
    assert _statements(blocks) == inserts
    assert len(blocks) > 1


@pytest.mark.parametrize("step", [1 << 20, 4000])
def test_blocks_end_with_a_statement_and_begin_with_their_own_preamble(step: int) -> None:
    blocks = _cut(HEAD + _title("t") + b"\n" + _insert(3000) * 1500 + FOOT, step)
    assert all(block.data.startswith(b"SET NAMES utf8mb4;\nSET SESSION foreign_key_checks = 0") for block in blocks)
    assert all(block.data.endswith(b";\n") for block in blocks[:-1])
    assert blocks[-1].data.endswith(b";\n\n")
    assert all(BLOCK - 8192 < len(block.data) < BLOCK * 2.1 for block in blocks[:-1])


def test_mariadb_blocks_are_loaded_as_bytes() -> None:
    [block] = _cut(HEAD + _title("t") + _insert(1) + FOOT, 100, Flavour.MARIADB)
    assert block.data.startswith(b"SET NAMES binary;\n")


def test_a_block_names_the_tables_in_it() -> None:
    data = HEAD + _title("첫``째") + b"\n" + _insert(1 << 20) + _insert(5000) + _title("empty") + _title("last") + b"\n" + _insert(9) + FOOT
    blocks = _cut(data, 1 << 16)
    assert [block.objects for block in blocks] == [("첫`째",), ("첫`째", "empty", "last")]


def test_a_range_of_a_table_is_named_by_its_table() -> None:
    title = b"\n--\n-- Dumping data for table `t`\n--\n-- WHERE:  `id` < 7 OR `n` >= _utf8mb4 x'41'\n\n"
    [block] = _cut(HEAD + title + _insert(1) + FOOT, 100)
    assert block.objects == ("t",)
    assert _statements([block]) == _insert(1)


def test_a_row_longer_than_the_buffer_is_one_block() -> None:
    huge = _insert(20 << 20)
    first, second = _cut(HEAD + _title("t") + b"\n" + _insert(2 << 20) + huge + FOOT, 1 << 20)
    assert (_statements([first]), _statements([second])) == (_insert(2 << 20), huge)


def test_the_dumps_own_head_and_foot_are_not_carried() -> None:
    [block] = _cut(HEAD + _title("t") + _insert(1) + FOOT, 100)
    assert b"@OLD" not in block.data
    assert b"Dump completed" not in block.data


def test_a_dump_of_no_table_gives_no_block() -> None:
    assert _cut(HEAD + FOOT, 10) == []


@pytest.mark.parametrize("rest", [b"", FOOT.replace(b"-- Dump completed\n", b""), b"-- Dump completed\n", b"INSERT INTO `t` VALUES ("])
def test_an_output_that_is_cut_short_is_refused(rest: bytes) -> None:
    with pytest.raises(Permanent, match="ends without '-- Dump completed'"):
        _cut(HEAD + _title("t") + _insert(1) + rest, 1000)


def test_an_output_that_lacks_a_table_is_refused() -> None:
    cutter = Cutter(CHARSETS[Flavour.MYSQL], ("t", "gone"))
    _read(BytesIO(data := HEAD + _title("t") + _insert(1) + FOOT), cutter, 1000)
    with pytest.raises(Permanent, match="lacks tables that it was asked for, although it ended with status 0: gone"):
        [*cutter.wrote(len(data)), *cutter.finish("mysqldump")]


def test_a_statement_that_would_span_segments_is_refused() -> None:
    with pytest.raises(Permanent, match=r"table t begins with b.set autocommit=0;"):
        _cut(HEAD + _title("t") + b"set autocommit=0;\n" + _insert(1) + b"commit;\n" + FOOT, 1000)
