"""The recovery window against the whole history of a server that is made up: every transaction, every log, every full."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.samples import FACTS, FULL, NOON
from workers.artifact import Form, Kind, Log, Position
from workers.catalog.manifest import Manifest, seal
from workers.catalog.recovery import OFF, Stretch, path, shelf, stretches, windows
from workers.errors import Refused
from workers.sources.mysql.logs.gtid import contains

MARIA, MYSQL, NONE = "0-10-{}", "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-{}", ""
HEAD, EACH = 100, 10  # bytes of a log before its first transaction, and of each


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


@dataclass(frozen=True)
class History:
    """Logs with so many transactions each, one transaction a second, one second between logs; `form` writes GTIDs."""

    sizes: tuple[int, ...]
    form: str = MYSQL

    def gtid(self, number: int) -> str:
        return self.form.format(number) if number else ""

    def begun(self, index: int) -> int:
        """How many transactions there were before a log."""
        return sum(self.sizes[:index])

    def began(self, index: int) -> int:
        """The second in which a log began."""
        return self.begun(index) + index

    def log(self, index: int) -> Log:
        before, size = self.begun(index), self.sizes[index]
        form = Form(HEAD + EACH * size, f"{index:064x}")
        times = at(self.began(index)), at(self.began(index) + size)
        return Log(f"bin.{index + 1:06}", form, HEAD, *times, self.gtid(before), self.gtid(before + size), size)

    def position(self, index: int, done: int) -> Position:
        return Position(f"bin.{index + 1:06}", HEAD + EACH * done, self.gtid(self.begun(index) + done))

    def full(self, index: int, done: int) -> Manifest:
        """A full after so many transactions of a log."""
        moment = at(self.began(index) + done + 0.5)
        facts = replace(FACTS, snapshot=moment, position=self.position(index, done))
        return replace(FULL, id=f"{moment:%Y%m%dT%H%M%SZ}-full-{index:08x}", facts=facts)

    def bundle(self, *indices: int, gap: str = "") -> Manifest:
        last = indices[-1]
        moment = at(self.began(last) + self.sizes[last] + 0.75)
        facts = replace(FACTS, snapshot=moment, logs=tuple(map(self.log, indices)), gap=gap, position=self.position(last, self.sizes[last]))
        name = f"{moment:%Y%m%dT%H%M%SZ}-log-{last:08x}"
        return replace(FULL, id=name, target=f"logs-{FACTS.identity}", kind=Kind.LOG, facts=facts, segments=())

    def idle(self, index: int, second: float) -> Manifest:
        """A look at the server that found nothing new in a log that has just begun."""
        facts = replace(FACTS, snapshot=at(second), position=self.position(index, 0))
        return replace(self.bundle(0), id=f"20261122T120000Z-log-{int(second):08x}", facts=facts)


def found(*manifests: Manifest) -> list[Stretch]:
    return list(stretches(manifests, contains))


def spanned(history: History, stretch: Stretch) -> set[int]:
    """The transactions that the logs of a stretch bring back, by number, from its full on and up to its end."""
    numbers: set[int] = set()
    for piece in stretch.pieces:
        index = int(piece.log.name[-6:]) - 1
        numbers |= set(range(history.begun(index) + 1, history.begun(index) + history.sizes[index] + 1))
    return numbers


def second_of(history: History, number: int) -> int:
    """When a transaction was committed."""
    index = next(index for index in range(len(history.sizes)) if number <= history.begun(index + 1))
    return history.began(index) + number - history.begun(index)


SIZES = st.lists(st.integers(0, 4), min_size=1, max_size=8).map(tuple)
FORMS = st.sampled_from([MYSQL, MARIA, NONE])


@given(SIZES, FORMS, st.data())
def test_whatever_logs_are_lost_the_window_never_spans_a_lost_transaction(sizes: tuple[int, ...], form: str, data: st.DataObject) -> None:
    history = History(sizes, form)
    held = data.draw(st.sets(st.integers(0, len(sizes) - 1)))
    index = data.draw(st.integers(0, len(sizes) - 1))
    full = history.full(index, done := data.draw(st.integers(0, sizes[index])))
    [stretch] = found(full, *(history.bundle(index) for index in sorted(held)))
    wanted = range(history.begun(index) + done + 1, sum(sizes) + 1)
    reached = {number for number in wanted if at(second_of(history, number)) <= stretch.end}
    assert reached <= spanned(history, stretch)


@given(SIZES, FORMS, st.data())
def test_with_all_logs_the_window_reaches_from_the_full_to_the_last_shipping(
    sizes: tuple[int, ...], form: str, data: st.DataObject
) -> None:
    history = History(sizes, form)
    index = data.draw(st.integers(0, len(sizes) - 1))
    cut = data.draw(st.integers(0, len(sizes)))
    parts = [part for part in (tuple(range(cut)), tuple(range(cut, len(sizes)))) if part]
    bundles = [history.bundle(*part) for part in parts]
    [stretch] = found(history.full(index, data.draw(st.integers(0, sizes[index]))), *bundles)
    assert (stretch.end, stretch.ended) == (bundles[-1].facts.snapshot, "")
    assert [piece.log.name for piece in stretch.pieces] == [history.log(number).name for number in range(index, len(sizes))]


@given(SIZES, FORMS, st.randoms())
def test_neither_order_nor_repetition_of_the_manifests_makes_a_difference(sizes: tuple[int, ...], form: str, random: Random) -> None:
    history = History(sizes, form)
    manifests = [history.full(0, 0), *(history.bundle(index) for index in range(len(sizes))), history.bundle(*range(len(sizes)))]
    shuffled = list(manifests)
    random.shuffle(shuffled)
    [stretch] = found(*shuffled)
    assert (stretch.end, stretch.ended) == (manifests[-1].facts.snapshot, "")


def test_a_lost_log_is_named() -> None:
    history = History((2, 2, 2))
    [stretch] = found(history.full(0, 1), history.bundle(0), history.bundle(2))
    assert stretch.ended == "what follows bin.000001 is missing"
    assert stretch.end == history.bundle(0).facts.snapshot


def test_what_the_shipping_said_about_a_gap_is_told() -> None:
    history = History((2, 2, 2))
    [stretch] = found(history.full(0, 1), history.bundle(0), history.bundle(2, gap="bin.000002 was purged before it was fetched"))
    assert stretch.ended == "bin.000002 was purged before it was fetched"


def test_a_full_after_a_gap_begins_a_new_stretch_and_the_window_has_two_parts() -> None:
    history = History((2, 2, 2, 2))
    stretched = found(history.full(0, 1), history.bundle(0), history.full(2, 1), history.bundle(2), history.bundle(3))
    assert [(window.begin, window.end) for window in windows(stretched)] == [
        (history.full(0, 1).facts.snapshot, history.bundle(0).facts.snapshot),
        (history.full(2, 1).facts.snapshot, history.bundle(3).facts.snapshot),
    ]


def test_stretches_that_overlap_are_one_window() -> None:
    history = History((2, 2, 2))
    stretched = found(history.full(0, 1), history.full(1, 1), history.full(2, 0), *(history.bundle(index) for index in range(3)))
    [window] = windows(stretched)
    assert (window.begin, window.end) == (history.full(0, 1).facts.snapshot, history.bundle(2).facts.snapshot)


def test_the_newest_full_before_a_moment_is_taken() -> None:
    history = History((2, 2, 2))
    stretched = found(history.full(0, 1), history.full(1, 1), history.full(2, 1), *(history.bundle(index) for index in range(3)))
    assert path(stretched, at(6)).full == history.full(1, 1)
    assert [bundle.id for bundle in path(stretched, at(6)).bundles] == [history.bundle(index).id for index in (1, 2)]


@pytest.mark.parametrize(
    ("moment", "words"),
    [(at(0), "the first after it is 2026-11-22 12:00:01 UTC"), (at(99), "the last moment before it is 2026-11-22 12:00:08 UTC")],
)
def test_a_moment_outside_is_refused_with_the_nearest_ones(moment: datetime, words: str) -> None:
    history = History((2, 2, 2))
    with pytest.raises(Refused, match=words):
        path(found(history.full(0, 1), *(history.bundle(index) for index in range(3))), moment)


def test_a_full_without_a_position_is_a_single_moment() -> None:
    full = replace(FULL, facts=replace(FACTS, position=None))
    [stretch] = found(full, History((2,)).bundle(0))
    assert (stretch.end, stretch.ended) == (FACTS.snapshot, OFF)


def test_logs_of_another_server_never_count() -> None:
    history = History((2, 2))
    other = replace(history.bundle(1), facts=replace(history.bundle(1).facts, identity="another"))
    [stretch] = found(history.full(0, 1), history.bundle(0), other)
    assert len(stretch.pieces) == 1


def test_after_a_reset_a_log_of_the_same_name_does_not_follow() -> None:
    history, anew = History((2, 2)), History((3, 1), form="aaaaaaaa-71ca-11e1-9e33-c80aa9429562:1-{}")
    [stretch] = found(history.full(0, 1), history.bundle(0), anew.bundle(1))
    assert len(stretch.pieces) == 1


def test_a_log_through_which_no_replay_passes_ends_the_stretch_before_it() -> None:
    history = History((2, 2))
    bad = replace(history.bundle(1), facts=replace(history.bundle(1).facts, logs=(replace(history.log(1), fault="it holds statements"),)))
    [stretch] = found(history.full(0, 1), history.bundle(0), bad)
    assert (stretch.end, stretch.ended) == (history.bundle(0).facts.snapshot, "bin.000002: it holds statements")


@pytest.mark.parametrize(("form", "pieces"), [(MYSQL, 2), (MARIA, 2), (NONE, 1)])
def test_a_log_that_ended_in_a_crash_is_believed_only_by_its_gtids(form: str, pieces: int) -> None:
    history = History((2, 2), form)
    crashed = replace(history.bundle(0), facts=replace(history.bundle(0).facts, logs=(replace(history.log(0), closed=False),)))
    [stretch] = found(history.full(0, 1), crashed, history.bundle(1))
    assert len(stretch.pieces) == pieces


@pytest.mark.parametrize("bundles", [(), (0,)])
def test_where_nothing_new_was_found_the_window_reaches_to_that_look(bundles: tuple[int, ...]) -> None:
    history = History((2, 0))
    [stretch] = found(history.full(0, 2), *(history.bundle(index) for index in bundles), history.idle(1, 600))
    assert stretch.end == at(600)


def test_a_look_that_saw_a_transaction_which_was_not_shipped_proves_nothing() -> None:
    history = History((2, 1, 0))
    [stretch] = found(history.full(0, 1), history.bundle(0), history.idle(2, 600))
    assert stretch.end == history.bundle(0).facts.snapshot


def test_an_empty_log_whose_second_began_before_the_last_commit_is_the_end_and_no_gap() -> None:
    history = History((2, 0))
    empty = replace(history.log(1), began=at(1), ended=at(1))  # the head's time is in whole seconds, a commit's is not
    bundle = replace(history.bundle(0, 1), facts=replace(history.bundle(0, 1).facts, logs=(history.log(0), empty)))
    [stretch] = found(history.full(0, 1), bundle)
    assert (len(stretch.pieces), stretch.end, stretch.ended) == (2, bundle.facts.snapshot, "")


def test_the_number_after_999999_has_a_digit_more() -> None:
    history = History((1, 1))
    first, second = (replace(history.log(index), name=name) for index, name in ((0, "bin.999999"), (1, "bin.1000000")))
    bundle = replace(history.bundle(0, 1), facts=replace(history.bundle(0, 1).facts, logs=(first, second)))
    full = replace(history.full(0, 0), facts=replace(history.full(0, 0).facts, position=Position("bin.999999", HEAD, "")))
    assert len(found(full, bundle)[0].pieces) == 2


def test_the_logs_lie_in_a_folder_named_by_the_uuid_of_their_server() -> None:
    assert shelf("8b1d6f1c-c77e-11f0-9b0e-0242ac110002") == "logs-8b1d6f1c-c77e-11f0-9b0e-0242ac110002"


@pytest.mark.parametrize("identity", ["pLH7h+Ckw1Qy/0aYcQyfT3sVHoA=", "ab" * 32])
def test_an_identity_that_no_folder_can_have_is_digested(identity: str) -> None:
    seal(replace(History((2,)).bundle(0), target=shelf(identity)))
    assert shelf(identity) != shelf(identity + "0")


def test_an_incremental_backup_with_data_of_its_own_is_a_moment_to_go_back_to():
    own = replace(FULL, id="20261122T180000Z-incremental-00000000", kind=Kind.INCREMENTAL, facts=replace(FACTS, snapshot=at(6 * 3600)))
    bare = replace(FULL, facts=replace(FACTS, position=None))
    found = stretches([replace(own, parent=FULL.id, facts=replace(own.facts, position=None)), bare], contains)
    assert [(stretch.begin, stretch.end) for stretch in found] == [(NOON, NOON), (at(6 * 3600), at(6 * 3600))]
