"""The files of a copy are read by several at once: each byte once, whoever takes it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workers.errors import Permanent
from workers.sources.mysql.physical import lanes, pieces


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    found = tmp_path / "copy"
    (found / "shop").mkdir(parents=True)
    (found / "nothing").mkdir()
    for name, size in {"ibdata1": 20 * pieces.SIZE, "shop/t.ibd": 3 * pieces.SIZE + 5, "shop/empty": 0}.items():
        (found / name).write_bytes(bytes(range(256)) * (size // 256) + bytes(size % 256))
    return found


@pytest.mark.parametrize("count", [1, 3])
def test_all_of_it_comes_back_whoever_reads(copy: Path, tmp_path: Path, count: int) -> None:
    with ThreadPoolExecutor(count) as pool:
        read = list(pool.map(lambda lane: b"".join(block.data for block in lane), lanes.lanes(copy, count)))
    into = tmp_path / "into"
    for number, data in enumerate(filter(None, read)):
        plain = tmp_path / f"{number}.plain"
        plain.write_bytes(data)
        pieces.unpack(plain, into)
    wanted = {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert {path.relative_to(into): path.read_bytes() for path in into.rglob("*") if path.is_file()} == wanted
    assert (into / "nothing").is_dir()
    assert lanes.size(copy) == sum(map(len, wanted.values()))


def test_the_first_alone_gives_everything(copy: Path) -> None:
    first, *_ = lanes.lanes(copy, 3)
    assert sum(len(block.data) for block in first) > lanes.size(copy)


def test_a_file_that_becomes_shorter_is_told(copy: Path) -> None:
    (lane,) = lanes.lanes(copy, 1)
    next(lane)
    (copy / "ibdata1").write_bytes(b"")
    with pytest.raises(Permanent, match="ibdata1 became shorter while it was read"):
        list(lane)
