"""What was read of a store before, kept in one file of this host. Floor: tools.

It may be removed at any time. Whatever is wrong with it (it is damaged, locked, or on a disk that is full), it knows nothing then, and
its owner reads from the store as if there had never been one.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path

_TABLE = """CREATE TABLE IF NOT EXISTS objects
(store TEXT, key TEXT, version TEXT, sha256 BLOB, body BLOB NOT NULL, PRIMARY KEY (store, key)) WITHOUT ROWID"""
_PATIENCE = 1.0  # seconds that another process is waited for


class Memory:
    """Objects by store, key, and the version that the store listed them in."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self._path = path

    def recall(self, store: str, prefix: str, versions: Mapping[str, str]) -> dict[str, bytes]:
        """The bodies of these keys in these versions, as far as they are known. What else is known below the prefix is forgotten."""
        known, gone = dict[str, bytes](), list[str]()
        with suppress(sqlite3.Error, OSError), self._opened() as file:
            for key, version, sha256, body in file.execute(
                "SELECT key, version, sha256, CAST(body AS BLOB) FROM objects WHERE store = ? AND substr(key, 1, ?) = ?",
                (store, len(prefix), prefix),
            ):
                if versions.get(key) == version and hashlib.sha256(body).digest() == sha256:
                    known[key] = body
                else:
                    gone.append(key)
            self._forget(file, store, gone)
        return known

    def remember(self, store: str, objects: Iterable[tuple[str, str, bytes]]) -> None:
        """Keep bodies: key, version, body. All in one go, which costs as much as one of them."""
        with suppress(sqlite3.Error, OSError), self._opened() as file:
            rows = ((store, key, version, hashlib.sha256(body).digest(), body) for key, version, body in objects)
            file.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)", rows)

    def forget(self, store: str, key: str) -> None:
        """Keep nothing of a key."""
        with suppress(sqlite3.Error, OSError), self._opened() as file:
            self._forget(file, store, [key])

    def _forget(self, file: sqlite3.Connection, store: str, keys: list[str]) -> None:
        file.executemany("DELETE FROM objects WHERE store = ? AND key = ?", ((store, key) for key in keys))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The file, for one question: a process that is forked or killed holds none. One that is no database is made anew."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        try:
            with closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as file, file:
                file.execute("PRAGMA synchronous = OFF")  # after a power cut it may be gone
                file.execute(_TABLE)
                yield file
        except sqlite3.OperationalError:  # it is busy, or cannot be written
            raise
        except sqlite3.DatabaseError:
            self._path.unlink(missing_ok=True)
            raise
