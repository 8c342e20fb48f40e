"""Pieces of files: each archive alone, in any order, twice, by many hands; and never a way out of the folder."""

import io
import random
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workers.errors import Corrupt
from workers.sources.mysql.physical import pieces

FILES = {"ibdata1": 3 * pieces.SIZE + 17, "shop/odd @0040, 글.ibd": pieces.SIZE, "shop/" + "long" * 40 + ".ibd": 5, "empty": 0}
DD = (
    'mkdir -p "$(dirname "${TAR_FILENAME%/*}")";'
    ' dd of="${TAR_FILENAME%/*}" oflag=seek_bytes seek="${TAR_FILENAME##*/}" bs=1M conv=notrunc status=none'
)


@pytest.fixture
def made() -> dict[str, bytes]:
    rng = random.Random(6)
    return {name: rng.randbytes(size) for name, size in FILES.items()}


def archives(made: dict[str, bytes], folder: Path) -> list[Path]:
    """One archive for each block."""
    blocks = [block for name, data in made.items() for block in pieces.blocks(name, 0, memoryview(data))]
    paths = [folder / f"{number}.plain" for number, _ in enumerate(blocks)]
    for path, block in zip(paths, blocks, strict=True):
        path.write_bytes(block.data)
    return paths


def found(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pieces_come_back_from_many_hands_in_any_order_and_twice(made: dict[str, bytes], tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    paths = archives(made, tmp_path) * 2
    random.Random(7).shuffle(paths)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: pieces.unpack(path, into), paths))
    assert found(into) == made


def test_a_stranger_unpacks_them_with_tar_alone(made: dict[str, bytes], tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    for path in reversed(archives(made, tmp_path)):
        subprocess.run(["tar", "-xf", path, f"--to-command={DD}"], cwd=into, check=True)
    assert found(into) == made


def test_a_block_is_no_larger_than_one_of_sql(made: dict[str, bytes]) -> None:
    assert max(len(block.data) for block in pieces.blocks("ibdata1", 0, memoryview(made["ibdata1"]))) == 1 << 20


def test_a_hole_at_the_end_is_as_long_as_it_was(tmp_path: Path) -> None:
    plain, into = tmp_path / "a", tmp_path / "into"
    into.mkdir()
    parts = [*pieces.blocks("f", 0, memoryview(b"abc")), *pieces.blocks("f", 9, memoryview(b""))]
    plain.write_bytes(b"".join(block.data for block in parts))
    pieces.unpack(plain, into)
    assert found(into) == {"f": b"abc" + bytes(6)}


def test_an_empty_folder_comes_back(tmp_path: Path) -> None:
    plain = tmp_path / "a"
    plain.write_bytes(pieces.folder("shop").data)
    pieces.unpack(plain, tmp_path / "into")
    assert (tmp_path / "into" / "shop").is_dir()


@pytest.mark.parametrize(
    "name",
    [
        "../out/0000000000000000",
        "/etc/x/0000000000000000",
        "a/../../out/0000000000000000",
        "f",
        "f/12",
        "f/00000000000000x0",
        "/0000000000000000",
    ],
)
def test_what_is_no_piece_is_refused_by_name(tmp_path: Path, name: str) -> None:
    plain, into = tmp_path / "a", tmp_path / "into"
    into.mkdir()
    plain.write_bytes(member(tarfile.TarInfo(name), b"x"))
    with pytest.raises(Corrupt, match="is no archive of pieces"):
        pieces.unpack(plain, into)
    assert found(tmp_path) == {"a": plain.read_bytes()}


def test_a_link_is_neither_made_nor_followed(tmp_path: Path) -> None:
    plain, into = tmp_path / "a", tmp_path / "into"
    into.mkdir()
    link = tarfile.TarInfo("f/0000000000000000")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    plain.write_bytes(member(link, b""))
    with pytest.raises(Corrupt):
        pieces.unpack(plain, into)
    (into / "f").symlink_to(tmp_path / "out")
    plain.write_bytes(b"".join(block.data for block in pieces.blocks("f", 0, memoryview(b"x"))))
    with pytest.raises(Exception, match="cannot unpack"):
        pieces.unpack(plain, into)
    assert not (tmp_path / "out").exists()


def test_an_archive_that_is_cut_short_is_damage(made: dict[str, bytes], tmp_path: Path) -> None:
    path = archives(made, tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(Corrupt):
        pieces.unpack(path, tmp_path)


def member(info: tarfile.TarInfo, data: bytes) -> bytes:
    info.size = len(data)
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w:") as archive:
        archive.addfile(info, io.BytesIO(data))
    return found.getvalue()
