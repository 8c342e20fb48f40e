"""What both engines remove, and what never. Each inherits this class; `made` is its ground with empty repositories."""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.sources.engine.hands import Taken, bring, take, tree
from workers.errors import Permanent, Transient
from workers.sources.engine import record

BIG = 1 << 20  # bytes of the file that one snapshot alone holds


def snapshot(taken: Taken) -> str:
    """Its id."""
    return record.snapshot_of(taken.segment)


def two(made: Any) -> tuple[Taken, Taken]:
    """A backup with a big file, and a later one without; in every store."""
    (made.path / "left.tmp").unlink()
    (made.path / "big.bin").write_bytes(os.urandom(BIG))
    old = take(made)
    (made.path / "big.bin").unlink()
    newest = take(made)
    for taken in (old, newest):
        made.source.carry(taken.segment)
    return old, newest


def held(made: Any, number: int = 0) -> set[str]:
    """Ids of what a repository holds."""
    return {name for each in made.homes.each[number].snapshots() for name in each.ids}


def size(place: str) -> int:
    """Bytes of all files of a repository."""
    return sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())


class Forgetting:
    """Old snapshots go, with their data."""

    def killed(self, made: Any, old: Taken, newest: Taken) -> None:
        """A worker that is killed while it removes the old snapshot from the first store."""
        raise NotImplementedError

    def stranger(self, made: Any) -> AbstractContextManager[str]:
        """Somebody else at work in the first repository, who holds a lock there; what is said of him."""
        raise NotImplementedError

    def test_what_is_ours_and_named_goes_with_its_data_whatever_was_killed_before_and_what_stays_comes_back(self, made):
        old, newest = two(made)
        person, before = made.person(), size(made.addresses[0].place)
        with pytest.raises(Permanent, match=r"store nas: .* does not hold the newest backup \(0000"):
            made.source.forget(frozenset({snapshot(old)}), "0" * 64)
        with self.stranger(made) as who, pytest.raises(Transient, match=rf"^store nas: .* is locked by {who}"):
            made.source.forget(frozenset({snapshot(old)}), snapshot(newest))
        assert held(made) >= {snapshot(old), snapshot(newest), person}
        self.killed(made, old, newest)
        made.source.forget(frozenset({snapshot(old), snapshot(newest), person}), snapshot(newest))
        assert made.source.held("nas") == {snapshot(newest), person}
        others = [held(made, number) for number in range(1, len(made.addresses))]
        assert not [found for found in others if snapshot(old) in found or snapshot(newest) not in found]
        assert before - size(made.addresses[0].place) > BIG * 0.9
        bring(made, newest, newest.order(made.root / "restored"))
        assert tree(made.root / "restored") == tree(made.path)
