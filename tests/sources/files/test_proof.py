"""A tree that is not what its index says is never taken for restored, whatever of it is wrong."""

import os
import shutil

import pytest

from workers.errors import Permanent
from workers.sources.files.proof import prove


def copied(path):
    """Another file with the same contents, mode and time in the place of one."""
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").rename(path)


WRONG = {
    "a-b is not there": lambda root: (root / "a-b").unlink(),
    "new is not in the backup": lambda root: (root / "new").touch(),
    "a-b has 16 bytes, not 15": lambda root: (root / "a-b").write_text("sorted after a/!"),
    "a-b has another time": lambda root: os.utime(root / "a-b", ns=(0, 1)),
    "large has mode 4644, not 644": lambda root: (root / "large").chmod(0o4644),
    "a-b belongs to 7:8, not 0:0": lambda root: os.chown(root / "a-b", 7, 8),
    "link belongs to 7:8, not 0:0": lambda root: os.lchown(root / "link", 7, 8),
    "link points elsewhere": lambda root: [(root / "link").unlink(), (root / "link").symlink_to("../out/other")],
    "pipe is of type 'f', not 'p'": lambda root: [(root / "pipe").unlink(), (root / "pipe").touch()],
    "first is no other name of a/second": lambda root: copied(root / "first"),
}


@pytest.mark.parametrize("words", WRONG)
def test_every_difference_is_found_and_named(hands, words):
    backup = hands.full()
    assert prove(hands.root, iter(backup.index)).warnings == ()
    WRONG[words](hands.root)
    with pytest.raises(Permanent, match=f"restored, but not what the index says: .*{words}"):
        prove(hands.root, iter(backup.index))


def test_a_tree_that_cannot_be_read_is_not_proven(hands, nobody):
    backup = hands.full()
    (hands.root / "a" / "deep").chmod(0)
    with nobody(hands.root), pytest.raises(Permanent, match="a/deep: cannot be read, nor what is in it"):
        prove(hands.root, iter(backup.index))


def test_an_attribute_that_did_not_come_back_is_told(hands):
    os.setxattr(hands.root / "a-b", "user.note", b"kept")
    backup = hands.full()
    os.removexattr(hands.root / "a-b", "user.note")
    assert prove(hands.root, iter(backup.index)).warnings == ("a-b: has not its attribute user.note back",)
