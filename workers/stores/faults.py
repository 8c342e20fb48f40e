"""What a file system's refusals mean for a backup, in words: which store, which file, and what would help."""

import errno
import os
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from workers.errors import Failure, Permanent, Transient

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)
_LINKED = (errno.ELOOP, errno.ENOTDIR)
_AWAY = (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENOTCONN)  # a NAS that does not answer
_PASSING = (*_AWAY, errno.EAGAIN, errno.EBUSY, errno.ENOMEM, errno.ENFILE, errno.EMFILE)


class Faults:
    """`with faults(key):` turns what the file system raises inside into Transient or Permanent."""

    def __init__(self, store: str, root: Path) -> None:
        self._store = store
        self._root = root

    def __call__(self, key: str) -> AbstractContextManager[None]:
        """Stand around the handling of `key`; "" is the store itself."""
        return _Told(self, key)

    def told(self, key: str, error: OSError) -> Failure:
        """The failure of the house for an error while `key` was handled."""
        why = os.strerror(error.errno) if error.errno else str(error)
        path = self._root / key
        if error.errno in _FULL:
            return Permanent(f"store {self._store} is full: {path} does not fit ({why}); make room or let retention remove old backups")
        if error.errno in _CLOSED:
            return Permanent(
                f"store {self._store} cannot be used: {why}: {path}; its folder must be mounted writable and belong to this user"
            )
        if error.errno in _PASSING:
            return Transient(f"store {self._store} does not answer: {why}: {path}")
        return Permanent(self._strange(key, error, why))

    def _strange(self, key: str, error: OSError, why: str) -> str:
        if isinstance(error, FileNotFoundError):
            return f"store {self._store} has no object {key}" if key else f"store {self._store}: there is no folder {self._root}"
        if error.errno in _LINKED:
            return f"store {self._store}: a link or a file stands in the way of {self._root / key}; links are not followed"
        return f"store {self._store}: {why}: {self._root / key}"


class _Told:
    """A context manager that can be entered many times: a reader enters it for every block."""

    def __init__(self, faults: Faults, key: str) -> None:
        self._faults = faults
        self._key = key

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, OSError):
            raise self._faults.told(self._key, error) from error
