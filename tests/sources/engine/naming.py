"""What both engines tell of the names in a snapshot. Each inherits this class; `made` is its ground with an empty repository."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.sources.engine.hands import bring, take
from workers.errors import Refused
from workers.ports import NamedSource

ODD = "a[1] $x*?\\ 한글.txt"


def rewritten(path: Path, data: bytes) -> None:
    """Give a file other bytes, and the time that it had."""
    before = path.stat()
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


class Naming:
    """Find, compare, single files."""

    @staticmethod
    def compared(ground: Any, taken: Any) -> set[tuple[str, str]]:
        return {(found.path, found.words) for found in ground.source.compare([(taken.segment, taken.plain)], thorough=True)}

    def test_it_knows_the_names_in_its_backups(self, made):
        assert isinstance(made.source, NamedSource)

    def test_a_pattern_finds_and_brings_back_names_in_any_folder(self, made):
        (made.path / "avatars" / "report 2.pdf").write_text("another report")
        taken = take(made)
        pieces, order = [(taken.segment, taken.plain)], taken.order(made.root / "restored", objects=("report*.pdf",))
        found = sorted(made.source.find("report*.pdf", pieces), key=lambda name: name.path)
        assert [(name.path, name.bytes) for name in found] == [("avatars/report 2.pdf", 14), ("report.pdf", 8)]
        assert abs(found[1].modified.timestamp() - (made.path / "report.pdf").stat().st_mtime) < 0.001
        with pytest.raises(Refused, match=r"\*\.docx: nothing of that name"):
            made.source.select(taken.order(made.root / "restored", objects=("*.docx", "report.pdf")), pieces, [])
        assert made.source.select(order, pieces, []) == order
        bring(made, taken, order)
        found = sorted(path.name for path in (made.root / "restored").rglob("*") if path.is_file())
        assert found == ["report 2.pdf", "report.pdf"]

    def test_what_was_changed_removed_and_added_since_differs_and_nothing_else_does(self, made):
        (made.path / "second name").hardlink_to(made.path / "report.pdf")
        (made.path / "avatars").chmod(0o2750)
        taken = take(made)
        assert not (found := self.compared(made, taken)), found
        rewritten(made.path / "avatars" / "7.png", b"7" * 3004)
        rewritten(made.path / "second name", b"A REPORT")
        (made.path / "report.pdf").unlink()
        (made.path / "report.pdf").write_text("longer than it was")
        (made.path / "avatars" / "3.png").unlink()
        (made.path / "avatars" / "4.png").unlink()
        (made.path / "avatars" / "4.png").mkdir()
        (made.path / "avatars" / "5.png").chmod(0o600)
        (made.path / "new").write_text("new")
        (made.path / "new.tmp").write_text("left out")
        os.chown(made.path / "avatars" / "6.png", 1234, 4321)
        found = {path: words for path, words in self.compared(made, taken) if words != "has another time"}
        assert found == {
            "report.pdf": "has 18 bytes, not 8",
            "avatars/3.png": "is not there",
            "avatars/4.png": "is of type 'd', not '-'",
            "avatars/5.png": "has mode rw-------, not rw-r--r--",
            "avatars/6.png": "belongs to 1234:4321, not 0:0",
            "new": "is not in the backup",
            "avatars/7.png": "has other bytes of the same size",
            "second name": "has other bytes of the same size",
        }, found

    def test_names_with_signs_of_a_pattern_are_brought_back_by_their_letters_and_folders_with_all_in_them(self, made):
        (made.path / ODD).write_text("odd")
        (made.path / "a1 $x.txt").write_text("plain")
        taken = take(made)
        outcome = bring(made, taken, taken.order(made.root / "restored", objects=("a*.txt", "avatars/")))
        assert sorted(path.name for path in (made.root / "restored").iterdir()) == sorted([ODD, "a1 $x.txt", "avatars"])
        assert outcome.counts[0].rows == 22
