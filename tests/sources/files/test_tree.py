"""What a restore writes lies below its folder, whatever links stand on the way."""

import base64
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.errors import Permanent
from workers.sources.files.entry import Entry, Stat, Type
from workers.sources.files.tree import Tree, describe

HOUR = 3_600_000_000_000
OPEN = Path("/proc/self/fd")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that a link in the tree leads to."""
    (tmp_path / "outside").mkdir()
    return tmp_path / "outside"


@pytest.fixture
def root(tmp_path: Path, outside: Path) -> Path:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(outside)
    return tmp_path / "root"


@pytest.fixture
def tree(root: Path) -> Iterator[Tree]:
    with Tree(root) as made:
        yield made


def stat(kind: Type = Type.FILE, mode: int = 0o640) -> Stat:
    return Stat(kind, mode=mode, mtime_ns=HOUR, uid=os.geteuid(), gid=os.getegid())


def test_no_link_on_the_way_is_followed(tree: Tree, outside: Path) -> None:
    for act in (tree.create, tree.piece, tree.open, tree.folder, tree.make_folder):
        with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
            act("link/f")
    assert list(outside.iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_replaced_and_not_written_through(tree: Tree, root: Path, outside: Path) -> None:
    (outside / "secret").write_text("theirs")
    (root / "f").symlink_to(outside / "secret")
    with pytest.raises(OSError, match="Too many levels"):
        tree.piece("f")
    os.close(tree.create("f"))
    assert (root / "f").is_file()
    assert not (root / "f").is_symlink()
    assert (outside / "secret").read_text() == "theirs"


def test_a_new_file_is_its_owners_alone_until_it_is_described(tree: Tree, root: Path) -> None:
    fd = tree.create("f")
    assert (root / "f").stat().st_mode & 0o777 == 0o600
    describe(fd, Entry("f", stat(mode=0o4644), xattrs=(("user.note", base64.b64encode(b"x").decode()),)))
    os.close(fd)
    found = (root / "f").stat()
    assert (found.st_mode & 0o7777, found.st_mtime_ns) == (0o4644, HOUR)


def test_links_pipes_and_further_names_take_the_place_of_what_an_earlier_try_made(tree: Tree, root: Path) -> None:
    os.close(tree.create("f"))
    for _ in range(2):
        tree.symlink(Entry("s", stat(Type.SYMLINK), target="nowhere"))
        tree.pipe(Entry("p", stat(Type.PIPE, 0o620)))
        tree.link(Entry("g", stat(), link="f"))
    assert ((root / "s").readlink(), (root / "s").lstat().st_mtime_ns) == (Path("nowhere"), HOUR)
    assert ((root / "p").is_fifo(), (root / "p").stat().st_mode & 0o777) == (True, 0o620)
    assert (root / "g").samefile(root / "f")


def test_a_further_name_of_a_link_is_the_link_itself(tree: Tree, root: Path) -> None:
    tree.link(Entry("other", stat(Type.SYMLINK), link="link"))
    assert (root / "other").is_symlink()


def test_more_folders_than_are_kept_open_can_be_gone_through(tree: Tree, root: Path) -> None:
    names, before = [f"{number:03}" for number in range(200)], len(list(OPEN.iterdir()))
    for name in names:
        tree.make_folder(name)
        tree.make_folder(f"{name}/in")
    for name in (*names, *reversed(names)):
        os.close(tree.create(f"{name}/in/f"))
    assert len(list(root.glob("*/in/f"))) == 200
    assert len(list(OPEN.iterdir())) < before + 100


def test_folders_lie_as_deep_as_they_like(root: Path) -> None:
    depth, path = 1500, ""
    try:
        with Tree(root) as tree:
            for _ in range(depth):
                path = f"{path}/d" if path else "d"
                tree.make_folder(path)
        with Tree(root) as tree:
            os.close(tree.create(f"{path}/f"))
            assert os.listdir(tree.folder(path)) == ["f"]  # noqa: PTH208  # of a descriptor
    finally:
        subprocess.run(["rm", "-r", root / "d"], check=True)  # Python's own way is as deep as its stack


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="none is not there any more: the restore was cleared, or never prepared"):
        Tree(tmp_path / "none")
