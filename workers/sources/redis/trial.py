"""A trial beside a dump: the RDB is kept while it goes by, then a scratch server has to load it whole. Floor: tools."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.artifact import Count
from workers.errors import Permanent
from workers.sources.redis.options import RedisOptions
from workers.sources.redis.proof import proven
from workers.sources.redis.scratch import RDB, Wish, scratch

PREFIX = "trial-"


class Trial:
    """One trial in a folder of its own."""

    def __init__(self, options: RedisOptions, folder: Path) -> None:
        """The folder is empty."""
        self._options, self._folder = options, folder

    def tee(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """The pieces, each written down before it goes on. Permanent where the disk does not take it."""
        path = self._folder / RDB
        with path.open("wb", buffering=0) as file:
            for piece in pieces:
                try:
                    file.write(piece)
                except OSError as error:
                    raise Permanent(f'cannot write {path}, which prove = "load" asks for: {error.strerror}') from error
                yield piece

    def judge(self, name: str, wanted: tuple[Count, ...], databases: int) -> None:
        """Load what was written. Corrupt where it does not load, Permanent where keys are missing."""
        with scratch(Wish(self._options, self._folder, databases)) as loaded:
            proven(name, wanted, loaded.state)


@contextmanager
def trial(options: RedisOptions) -> Iterator[Trial]:
    """A trial whose folder goes with the block; what a lost process left goes when the next one begins."""
    options.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in options.scratch.glob(f"{PREFIX}*"):
        if not Path(f"/proc/{old.name.split('-')[1]}").exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = options.scratch / f"{PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        yield Trial(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
