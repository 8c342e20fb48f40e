"""What every source must do. A new one inherits this class and says what it reads (`made`), and where a restore may go (`free`)."""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from workers.artifact import Form, Kind, Order, Role, Segment
from workers.errors import Failure, Refused
from workers.ports import Finding, Part, Source

ORDER = list(Role)


@dataclass(frozen=True)
class Made:
    """A source with some data behind it. `free` is a place for a restore that nothing stands at; `taken` is where the data are."""

    source: Source
    free: str
    taken: str


Pieces = list[tuple[Segment, Path]]


def take(source: Source, folder: Path) -> tuple[Pieces, Order]:
    """A dump as one segment for each block of data, so that as many as possible load at once; and an order without a place."""
    pieces: Pieces = []
    with source.dump(Kind.FULL) as dump:
        for part in dump.parts():
            for block in part.blocks:
                number = len(pieces) + 1
                path = folder / f"{number}.plain"
                path.write_bytes(block.data)
                form = Form(len(block.data), hashlib.sha256(block.data).hexdigest())
                pieces.append((Segment(number, part.name, part.role, form, block.objects, part.charset), path))
        facts = dump.facts()
    return pieces, Order("20261122T000000Z-full-9f3a11c2", facts.place, "", facts)


def lines(pieces: Pieces) -> set[bytes]:
    """Every line of the data, once."""
    return set(b"".join(plain.read_bytes() for _, plain in of(pieces, Role.DATA)).split(b"\n"))


def sizes(source: Source, read: Callable[[Part], list[int]]) -> list[int]:
    """Bytes of each part of a dump that holds data, read in one way or another; what is around them may be written anew each time."""
    with source.dump(Kind.FULL) as dump:
        found = [(part.role, sum(read(part))) for part in dump.parts()]
        dump.facts()
    return [size for role, size in found if role is Role.DATA]


def at_once(part: Part) -> list[int]:
    """The sizes of all blocks of a part, each of its readers in a thread of its own."""
    readers = (part.blocks, *part.beside)
    with ThreadPoolExecutor(len(readers)) as pool:
        return [size for sizes in pool.map(lambda blocks: [len(block.data) for block in blocks], readers) for size in sizes]


def of(pieces: Pieces, *roles: Role) -> Iterator[tuple[Segment, Path]]:
    return (piece for piece in pieces if piece[0].role in roles)


class SourceContract:
    """Inherit, and give the fixture `made`."""

    def order(self, wanted: Order, into: str) -> Order:
        return Order(wanted.backup, wanted.original, into, wanted.facts)

    def test_a_check_answers_in_findings_and_changes_nothing(self, made):
        first, second = made.source.check(), made.source.check()
        assert first
        assert all(isinstance(finding, Finding) for finding in first)
        assert [finding.what for finding in first] == [finding.what for finding in second]

    def test_the_size_is_known_or_zero(self, made):
        assert made.source.size() >= 0

    def test_parts_come_in_the_order_in_which_they_are_restored(self, made, tmp_path):
        pieces, _ = take(made.source, tmp_path)
        roles = [segment.role for segment, _ in pieces]
        assert roles == sorted(roles, key=ORDER.index)
        assert Role.DATA in roles

    def test_the_readers_of_a_part_share_its_blocks_and_the_first_alone_gets_all(self, made):
        assert sizes(made.source, lambda part: [len(block.data) for block in part.blocks]) == sizes(made.source, at_once)

    def test_facts_count_what_was_read_and_say_where(self, made, tmp_path):
        _, wanted = take(made.source, tmp_path)
        assert wanted.facts.place == made.taken
        assert wanted.facts.identity
        assert wanted.facts.fingerprint
        assert sum(count.rows for count in wanted.facts.counts) > 0

    def test_two_dumps_of_the_same_have_one_fingerprint_and_the_same_data(self, made, tmp_path):
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        (first, one), (second, two) = take(made.source, tmp_path / "a"), take(made.source, tmp_path / "b")
        assert one.facts.fingerprint == two.facts.fingerprint
        assert lines(first) == lines(second)  # where a segment ends depends on how quickly a dump is read

    def test_leaving_a_dump_early_ends_every_child(self, made):
        with made.source.dump(Kind.FULL) as dump:
            next(iter(next(iter(dump.parts())).blocks))
        assert children() == []

    def test_a_free_place_is_empty_and_a_taken_one_is_not(self, made):
        assert made.source.place(made.free).empty
        taken = made.source.place(made.taken)
        assert (taken.exists, taken.empty) == (True, False)

    def test_data_load_at_once_and_what_came_back_is_what_was_counted(self, made, tmp_path):
        pieces, wanted = take(made.source, tmp_path)
        order = self.order(wanted, made.free)
        made.source.prepare(order, of(pieces, Role.SCHEMA, Role.INDEX))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda piece: made.source.load(order, *piece), list(of(pieces, Role.DATA))))
        outcome = made.source.finish(order, of(pieces, Role.SCHEMA, Role.CORRECTION, Role.POST_DATA))
        assert {count.name: count.rows for count in outcome.counts} == {count.name: count.rows for count in wanted.facts.counts}

    def test_a_segment_that_comes_twice_changes_nothing(self, made, tmp_path):
        pieces, wanted = take(made.source, tmp_path)
        order = self.order(wanted, made.free)
        made.source.prepare(order, of(pieces, Role.SCHEMA, Role.INDEX))
        for piece in [*of(pieces, Role.DATA)] * 2:
            made.source.load(order, *piece)
        outcome = made.source.finish(order, of(pieces, Role.SCHEMA, Role.CORRECTION, Role.POST_DATA))
        assert sum(count.rows for count in outcome.counts) == sum(count.rows for count in wanted.facts.counts)

    def test_a_taken_place_is_refused_and_stays_as_it_is(self, made, tmp_path):
        pieces, wanted = take(made.source, tmp_path)
        before = made.source.place(made.taken)
        with pytest.raises(Refused):
            made.source.prepare(self.order(wanted, made.taken), of(pieces, Role.SCHEMA, Role.INDEX))
        assert made.source.place(made.taken) == before

    def test_only_the_errors_of_the_house_come_out(self, made, tmp_path):
        pieces, wanted = take(made.source, tmp_path)
        segment, path = next(of(pieces, Role.DATA))
        with pytest.raises(Failure):
            made.source.load(self.order(wanted, made.free), segment, path)  # nothing was prepared there


def children() -> list[str]:
    """Children of this thread that still run."""
    path = Path(f"/proc/self/task/{os.getpid()}/children")
    found = []
    for pid in path.read_text().split():
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        if "dump" in name:
            found.append(name)
    return found
