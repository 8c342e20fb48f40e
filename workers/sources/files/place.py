"""What stands at a path, and about how much of it. Floor: tools."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workers.errors import Permanent, Refused
from workers.ports import Place
from workers.sources.folders import place_of

MOST = 200_000  # names that are looked at: 0.6 s; a larger folder is told as large at least


@dataclass(slots=True)
class Extent:
    """How many names and bytes lie in a folder; `whole` is False where there are more than were looked at."""

    names: int = 0
    bytes: int = 0
    whole: bool = True


def measure(root: Path) -> Extent:
    """Count a folder, up to MOST names; what cannot be read is passed over, as this is an estimate."""
    found, folders = Extent(), [os.fspath(root)]
    while folders:
        try:
            with os.scandir(folders.pop()) as names:
                for name in names:
                    found.names += 1
                    if name.is_dir(follow_symlinks=False):
                        folders.append(name.path)
                    else:
                        found.bytes += name.stat(follow_symlinks=False).st_size
        except OSError:
            continue
        if found.names > MOST:
            found.whole = False
            break
    return found


def look(into: str) -> Place:
    """What stands at a place. Refused where it is no folder of its own."""
    path, name = place_of(into), os.path.normpath(into)
    here = partial(Place, name, unit="name", aside=f"{name}.before-<time>", proof="every name compared with the index")
    try:
        empty = not any(path.iterdir())
    except FileNotFoundError:
        return here(exists=False, empty=True)
    except NotADirectoryError as error:
        raise Refused(f"{path} is no folder; name another place") from error
    except OSError as error:
        raise Permanent(f"{path} cannot be looked at: {error.strerror}") from error
    if empty:
        return here(exists=True, empty=True)
    found = measure(path)
    return here(exists=True, empty=False, rows=found.names, bytes=found.bytes)
