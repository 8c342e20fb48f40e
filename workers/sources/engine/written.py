"""Whether the folder of a repository can be written, asked before its program tries, and whether two of them are one. Floor: tools.

restic tries for a quarter of an hour to put a lock on a disk that is mounted read-only (measured with 0.19); BorgBackup gives up at once,
and cannot even be read there, unless it is told to do without a lock.
"""

import os
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from workers.errors import Permanent, Refused
from workers.ports import Address


def read_only(address: Address) -> bool:
    """Whether it is a folder that is there and cannot be written."""
    return address.kind == "local" and Path(address.place).exists() and not os.access(address.place, os.W_OK)


def wanted(name: str, address: Address) -> None:
    """Permanent where it cannot be written; `name` is what people are told."""
    if read_only(address):
        raise Permanent(f"{name} cannot be written: its disk is mounted read-only, or the folder belongs to another user")


def apart(addresses: Iterable[Address]) -> None:
    """Refused where two stores lead to one folder: what lies there is one copy, and would be told as two."""
    for one, other in combinations(addresses, 2):
        if _same(one, other):
            raise Refused(
                f"stores {one.store} and {other.store} lead to one place, {one.place}: that is one copy and not two;"
                " take one of them out of `required`"
            )


def _same(one: Address, other: Address) -> bool:
    if (one.kind, other.kind) != ("local", "local"):
        return one.kind == other.kind and one.place == other.place
    here, there = Path(one.place), Path(other.place)
    return here.resolve() == there.resolve() or (here.exists() and there.exists() and here.samefile(there))
