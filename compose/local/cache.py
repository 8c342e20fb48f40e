"""Where downloads lie: outside the tree, so that a second checkout needs no network."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def folder() -> Path:
    """`$CANVASBACK_CACHE`, else `$XDG_CACHE_HOME/canvasback`, else `~/.cache/canvasback`."""
    own = os.environ.get("CANVASBACK_CACHE")
    place = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "canvasback"
    return place.absolute()  # scripts in it name their own place


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; `make` fills it once, whole or not at all, also when several processes ask at once."""
    place = folder() / name
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with locked(place.with_name(f"{place.name}.lock")):
        if not place.is_dir():
            for remains in place.parent.glob(f".{place.name}-????????"):  # of a process that was killed; the lock says that nobody is at it
                shutil.rmtree(remains, ignore_errors=True)
            fresh = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
            fresh.chmod(0o755)
            try:
                make(fresh)
                fresh.rename(place)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    return place


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock on a file; waits for whoever has it."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
