"""Disks that are full, read-only or away. They are mounted where only this process and its children see them."""

import ctypes
import fcntl
import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

NEW_NAMESPACE = 0x20000  # CLONE_NEWNS, unshare(2)
READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 1, 1 << 5, 1 << 12, 1 << 14, 1 << 18  # mount(2)
SET_FLAGS, IMMUTABLE = 0x40086602, 0x10  # FS_IOC_SETFLAGS, ioctl_iflags(2)
AT_ONCE = 2  # MNT_DETACH, umount2(2)
_libc = ctypes.CDLL(None, use_errno=True)


def keep_to_ourselves() -> None:
    """From now on mounts of this process are seen by nobody else, and go with it; nothing happens where that is not allowed."""
    if not _libc.unshare(NEW_NAMESPACE):
        _libc.mount(b"none", b"/", None, RECURSIVE | PRIVATE, None)


@contextmanager
def small(place: Path, size: str) -> Iterator[Path]:
    """A disk of its own at `place`, so large and no larger."""
    with _mounted("tmpfs", place, f"size={size},mode=700"):
        yield place


@contextmanager
def read_only(place: Path, holding: Path | None = None) -> Iterator[Path]:
    """A disk at `place` that cannot be written; with a copy of a folder on it, where one is given."""
    with _mounted("tmpfs", place, "mode=700"):
        if holding:
            shutil.copytree(holding, place, dirs_exist_ok=True)
        _check(_libc.mount(b"none", os.fsencode(place), b"tmpfs", REMOUNT | READ_ONLY, None))
        yield place


@contextmanager
def away(place: Path) -> Iterator[Path]:
    """A network disk at `place` whose server went away: FUSE without its daemon answers "not connected" (ENOTCONN)."""
    daemon = os.open("/dev/fuse", os.O_RDWR)
    with ExitStack() as stack:
        try:
            stack.enter_context(_mounted("fuse", place, f"fd={daemon},rootmode=40000,user_id=0,group_id=0"))
        finally:
            os.close(daemon)
        yield place


@contextmanager
def immutable(folder: Path) -> Iterator[None]:
    """Keep a folder as it is, its name too, against root as well: what `chattr +i` does."""
    flags = struct.Struct("l")
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(fd, SET_FLAGS, flags.pack(IMMUTABLE))
    except OSError as error:
        pytest.skip(f"nothing can be made immutable here: {error.strerror}")
    try:
        yield
    finally:
        fcntl.ioctl(fd, SET_FLAGS, flags.pack(0))
        os.close(fd)


@contextmanager
def bound(place: Path, folder: Path) -> Iterator[Path]:
    """Another folder of the same file system at `place`, which no device number tells from what is around it."""
    place.mkdir(exist_ok=True)
    _check(_libc.mount(os.fsencode(folder), os.fsencode(place), None, BIND, None))
    try:
        yield place
    finally:
        _libc.umount2(os.fsencode(place), AT_ONCE)


@contextmanager
def _mounted(kind: str, place: Path, options: str) -> Iterator[None]:
    place.mkdir(exist_ok=True)
    _check(_libc.mount(kind.encode(), os.fsencode(place), kind.encode(), 0, options.encode()))
    try:
        yield
    finally:
        _libc.umount2(os.fsencode(place), AT_ONCE)


def _check(answer: int) -> None:
    if answer:
        pytest.skip(f"only root mounts disks here: {os.strerror(ctypes.get_errno())}")
