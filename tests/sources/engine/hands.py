"""What tests of both engines have in common: a backup with its record in a file, and the way back in one go."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workers.artifact import Facts, Form, Kind, Order, Outcome, Role, Segment

BACKUP = "20261122T000000Z-full-9f3a11c2"


@dataclass(frozen=True)
class Taken:
    """A backup: its one segment, the record as a file, its facts, and the bytes that were told meanwhile."""

    segment: Segment
    plain: Path
    facts: Facts
    told: int

    def order(self, into: Path, **changes: Any) -> Order:
        return replace(Order(BACKUP, self.facts.place, str(into), self.facts), **changes)


def take(ground: Any) -> Taken:
    """`ground` has a source, its addresses, and a root to put the record into."""
    told: list[int] = []
    with ground.source.housed(ground.addresses, told.append).dump(Kind.FULL) as dump:
        ((part, data),) = [(part, b"".join(block.data for block in part.blocks)) for part in dump.parts()]
        facts = dump.facts()
    plain = ground.root / f"{part.name[:20]}.plain"
    plain.write_bytes(data)
    form = Form(len(data), hashlib.sha256(data).hexdigest())
    return Taken(Segment(1, part.name, Role.DATA, form), plain, facts, sum(told))


def bring(ground: Any, taken: Taken, order: Order) -> Outcome:
    source = ground.source
    source.prepare(order, iter(()))
    source.load(order, taken.segment, taken.plain)
    return source.finish(order, iter(()))


def tree(root: Path) -> dict[str, tuple[int, str]]:
    """Mode and content of everything below a folder, the folder itself as `.`; a link's content is where it leads."""
    found = {".": (root.stat().st_mode, "")}
    for path in sorted(root.rglob("*")):
        content = str(path.readlink()) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
        found[str(path.relative_to(root))] = (path.lstat().st_mode, content)
    return found
