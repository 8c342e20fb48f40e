"""A folder with one of everything that a backup has to bring back."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest

from compose.local.redis import Redis
from tests.sources.files.ground import platform
from tests.sources.files.hands import Hands
from workers.bench.tools import Tools

TICK = 0.11  # seconds after which a change must show in the times of a file


def make(root: Path) -> Path:
    """Files of all sorts and sizes: empty, odd names, links, holes, larger than a block."""
    (root / "a" / "deep").mkdir(parents=True)
    (root / "a-b").write_text("sorted after a/")
    (root / "a" / "empty").touch()
    (root / "a" / "deep" / "문서 (1).txt").write_text("한글")
    Path(os.fsdecode(os.fsencode(root) + b"/a/\xff\xfe bad\n")).write_bytes(b"not UTF-8")
    (root / "large").write_bytes(os.urandom(1 << 16) * 50)
    (root / "first").write_bytes(b"one inode")
    os.link(root / "first", root / "a" / "second")
    (root / "link").symlink_to("../out/there")
    (root / "a" / "run.sh").write_text("#!/bin/sh\n")
    (root / "a" / "run.sh").chmod(0o4755)
    with (root / "sparse").open("wb") as file:
        file.truncate(8 << 20)
        file.seek(5 << 20)
        file.write(b"data in a hole")
    os.mkfifo(root / "pipe")
    for number, path in enumerate(sorted(root.rglob("*")), 1):
        os.utime(path, ns=(10**18 + number, 10**18 + number * 7), follow_symlinks=False)
    (root / "a").chmod(0o2750)
    return root


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, float]]:
    """Such folders, each with when it was made: while a test goes on, that of the next one comes of age."""
    above = tmp_path_factory.mktemp("ready")
    return ((make(above / str(number)), time.monotonic()) for number in count())


@pytest.fixture(scope="session")
def waiting() -> list[tuple[Path, float]]:
    """The folder for the next test, where it was made already."""
    return []


@pytest.fixture
def root(tmp_path: Path, ready: Iterator[tuple[Path, float]], waiting: list[tuple[Path, float]]) -> Path:
    """Such a folder, old enough that it counts as settled."""
    made, since = waiting.pop() if waiting else next(ready)
    waiting.append(next(ready))
    time.sleep(max(0, TICK - (time.monotonic() - since)))
    return made.rename(tmp_path / "uploads")


@pytest.fixture
def hands(root: Path, tmp_path: Path) -> Hands:
    """Hands that back it up."""
    (tmp_path / "work").mkdir()
    return Hands(root, tmp_path / "work")


@pytest.fixture
def nobody() -> Callable[[Path], AbstractContextManager[None]]:
    """Makes this process an ordinary user for a while; folders above the given one are opened for it."""

    @contextmanager
    def ordinary(root: Path) -> Iterator[None]:
        for folder in root.parents:
            if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
                folder.chmod(folder.stat().st_mode | 0o011)
        (root.parent / "work").chmod(0o777)
        own = os.geteuid()
        os.seteuid(65534 if own == 0 else own)
        try:
            yield
        finally:
            os.seteuid(own)

    return ordinary


@pytest.fixture(params=[False, True], ids=["plain", "encrypted"])
def tools(request: pytest.FixtureRequest, redis: Redis, root: Path, tmp_path: Path) -> Tools:
    """A platform with one host of role `files`."""
    return platform(tmp_path, redis.url, encrypted=request.param)


@pytest.fixture
def plain(redis: Redis, root: Path, tmp_path: Path) -> Tools:
    """One that encrypts nothing."""
    return platform(tmp_path, redis.url, encrypted=False)


@pytest.fixture
def encrypted(redis: Redis, root: Path, tmp_path: Path) -> Tools:
    """One whose backups only a holder of its key can open."""
    return platform(tmp_path, redis.url, encrypted=True)
