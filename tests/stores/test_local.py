import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.contracts.store import KEY, StoreContract, put, read
from workers.command import die_with_parent
from workers.errors import Permanent
from workers.ports import Store
from workers.stores.local import MARKER, LocalStore
from workers.stores.options import LocalOptions

BIG = """
import os, sys
from pathlib import Path
from tests.contracts.store import put
from workers.errors import Permanent
from workers.stores.local import LocalStore
from workers.stores.options import LocalOptions
store = LocalStore("nas", LocalOptions(path=Path(sys.argv[1])))
try:
    store.initialise()
    put(store, "small/1", b"x" * 1000)
    put(store, "big/1", bytes(8 << 20))
except Permanent as failure:
    print(failure.reason)
print(sorted(found.key for found in store.list("")), [name for *_, names in os.walk(sys.argv[1]) for name in names if "part" in name])
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "nas"


@pytest.fixture
def store(root: Path) -> LocalStore:
    made = LocalStore("nas", LocalOptions(path=root))
    made.initialise()
    return made


class TestLocalStore(StoreContract):
    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Store:
        made = LocalStore("nas", LocalOptions(path=tmp_path / "contract"))
        made.initialise()
        return made


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_objects_and_folders_are_readable_by_their_owner_alone(store: LocalStore, root: Path) -> None:
    put(store, "a/b", b"hello")
    assert [(root / path).stat().st_mode & 0o777 for path in ("a/b", "a", ".")] == [0o600, 0o700, 0o700]


def test_a_failed_put_leaves_no_file(store: LocalStore, root: Path) -> None:
    put(store, KEY, b"hello")
    with pytest.raises(Permanent):
        put(store, KEY, b"other")
    assert files(root) == {KEY, MARKER}


def test_a_disk_that_is_not_mounted_does_not_become_a_small_backup(store: LocalStore, root: Path) -> None:
    (root / MARKER).unlink()
    for verb in (
        lambda: put(store, KEY, b""),
        lambda: list(store.list("")),
        lambda: store.stat(KEY),
        store.free,
        lambda: store.remove(KEY),
    ):
        with pytest.raises(Permanent, match=f"store nas: {root} holds no {MARKER}.*mounted"):
            verb()
    assert files(root) == set()


def test_the_words_about_a_missing_marker_work_when_pasted(store: LocalStore, root: Path) -> None:
    (root / MARKER).unlink()
    with pytest.raises(Permanent) as failure:
        put(store, KEY, b"hello")
    subprocess.run(["sh", "-c", failure.value.reason.partition("new store: ")[2]], check=True)
    put(store, KEY, b"hello")


def test_initialising_again_keeps_what_is_there(store: LocalStore) -> None:
    put(store, KEY, b"hello")
    store.initialise()
    assert read(store, KEY) == b"hello"


def test_initialising_below_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="there is no folder"):
        LocalStore("nas", LocalOptions(path=tmp_path / "not-mounted" / "nas")).initialise()


@pytest.mark.parametrize("verb", ["put", "read", "overwrite"])
def test_a_link_never_leads_out_of_the_store(store: LocalStore, root: Path, tmp_path: Path, verb: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "folder").symlink_to(outside)
    (root / "file").symlink_to(outside / "secret")
    key = {"put": "folder/new", "read": "folder/secret", "overwrite": "file"}[verb]
    with pytest.raises(Permanent, match="links are not followed"):
        read(store, key) if verb == "read" else put(store, key, b"hello")
    assert files(outside) == {"secret"}
    assert list(store.list("")) == []
    assert store.stat("file") is None


def test_what_dead_puts_left_is_not_listed_and_can_be_swept(store: LocalStore, root: Path) -> None:
    put(store, "a/1", b"hello")
    for name, age in (("old", 7200), ("new", 0)):
        left = root / "a" / f".part-{name}"
        left.write_bytes(b"cut")
        os.utime(left, (left.stat().st_atime, left.stat().st_mtime - age))
    assert [found.key for found in store.list("")] == ["a/1"]
    assert store.sweep(timedelta(hours=1)) == 1
    assert files(root) == {"a/1", "a/.part-new", MARKER}


def test_a_put_that_is_killed_leaves_no_object(store: LocalStore, root: Path) -> None:
    code = BIG.replace("bytes(8 << 20)", "bytes(512 << 20)")
    child = subprocess.Popen([sys.executable, "-c", code, root], preexec_fn=die_with_parent)
    while not any(".part-" in name for name in files(root) if name.startswith("big")):
        assert child.poll() is None
    child.kill()
    child.wait()
    assert [found.key for found in store.list("")] == ["small/1"]
    assert store.sweep(timedelta(0)) == 1
    assert files(root) == {"small/1", MARKER}


def test_strange_files_are_passed_over(store: LocalStore, root: Path) -> None:
    put(store, "a/1", b"hello")
    (root / "lost+found").mkdir()
    (root / "lost+found" / "x").touch()
    (root / ".snapshot").mkdir()
    (root / ".snapshot" / "x").touch()
    (root / "a" / "b\\c").touch()
    with open(os.fsencode(root / "a") + b"/\xff", "wb"):  # noqa: PTH123 - a Path cannot hold a name that is no UTF-8
        pass
    assert [found.key for found in store.list("")] == ["a/1"]


def test_folders_go_with_their_last_object(store: LocalStore, root: Path) -> None:
    put(store, "a/b/1", b"hello")
    put(store, "a/2", b"hello")
    store.remove("a/b/1")
    assert not (root / "a" / "b").exists()
    store.remove("a/2")
    assert not (root / "a").exists()
    assert root.exists()


def test_a_full_disk_is_named_and_nothing_half_appears(root: Path) -> None:
    root.mkdir()
    said, listed = small_disk(root).splitlines()
    assert said.startswith(f"store nas is full: {root}/big/1 does not fit")
    assert listed == "['small/1'] []"


def test_a_file_that_may_not_grow_is_told_as_a_full_store(root: Path) -> None:
    root.mkdir()
    said, listed = limited(root).splitlines()
    assert said.startswith("store nas is full")
    assert listed == "['small/1'] []"


def small_disk(root: Path) -> str:
    """What `BIG` prints on a disk of 2 MiB: a real one in a name space of its own, or a limit of that size where none may be made."""
    space = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    mount = ["sh", "-c", 'mount -t tmpfs -o size=2m none "$1" && exec "$2" -c "$3" "$1"', "sh", root, sys.executable, BIG]
    if shutil.which("unshare"):
        done = subprocess.run([*space, *mount], capture_output=True, text=True, check=False, preexec_fn=die_with_parent)
        if done.returncode == 0:
            return done.stdout
    return limited(root)


def limited(root: Path) -> str:
    """What `BIG` prints where no file may grow beyond 2 MiB."""
    limit = ["sh", "-c", 'ulimit -f 4096; exec "$2" -c "$3" "$1"', "sh", root, sys.executable, BIG]
    return subprocess.run(limit, capture_output=True, text=True, check=True, preexec_fn=die_with_parent).stdout


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A store's root that this process, root or not, may read and not write."""
    with tempfile.TemporaryDirectory() as made:  # not tmp_path: nobody may look into that one
        root, user = Path(made), os.geteuid()
        LocalStore("nas", LocalOptions(path=root)).initialise()
        root.chmod(0o555)
        os.seteuid(65534 if user == 0 else user)
        yield root
        os.seteuid(user)
        root.chmod(0o700)


def test_a_folder_that_may_not_be_written_is_named(nobody: Path) -> None:
    told = f"store nas cannot be used: Permission denied: {nobody}/a/1; its folder must be mounted writable"
    with pytest.raises(Permanent, match=told):
        put(LocalStore("nas", LocalOptions(path=nobody)), "a/1", b"hello")


def test_folders_that_vanish_under_a_put_are_made_again(store: LocalStore) -> None:
    def churn(number: int) -> None:
        put(store, f"a/b/{number}", b"hello")
        store.remove(f"a/b/{number}")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(churn, range(200)))
    assert list(store.list("")) == []


def test_room_is_what_the_file_system_says(store: LocalStore, root: Path) -> None:
    free = store.free()
    assert free is not None
    assert abs(free - shutil.disk_usage(root).free) < 1 << 30
