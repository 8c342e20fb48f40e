"""The way to a moment from manifests alone: the newest full before it, the logs that are needed and no more, or a refusal."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.samples import FULL
from tests.catalog.test_recovery import MARIA, MYSQL, SIZES, History, at, found, second_of
from workers.artifact import Kind, Position, Until
from workers.catalog import ways
from workers.errors import Refused
from workers.sources.mysql.logs.gtid import contains

HISTORY = History((2, 2, 2))
OLD, NEW = HISTORY.full(0, 1), HISTORY.full(1, 1)
BUNDLES = [HISTORY.bundle(index) for index in range(3)]
ALL = found(OLD, NEW, *BUNDLES)


def names(way):
    return [piece.log.name for piece in way.pieces]


def test_a_time_takes_the_newest_full_before_it_and_only_the_logs_up_to_it():
    way = ways.to_time(ALL, at(5))
    assert (way.full.id, names(way), way.until) == (NEW.id, ["bin.000002"], Until(time=at(5)))
    assert (ways.to_time(ALL, at(4)).full.id, names(ways.to_time(ALL, at(8)))) == (OLD.id, ["bin.000002", "bin.000003"])


def test_a_time_after_the_last_log_at_which_nothing_was_committed_is_the_end_of_the_log():
    way = ways.to_time(found(NEW, *BUNDLES, idle()), at(20))
    assert way.until == Until(position=HISTORY.position(2, 2))


def idle():
    """The server stood at its last transaction when it was asked for the last time."""
    found = HISTORY.idle(2, 30)
    return replace(found, facts=replace(found.facts, position=Position("bin.000004", 100, HISTORY.gtid(6))))


def test_a_time_out_of_reach_is_refused():
    with pytest.raises(Refused, match="the first after it is"):
        ways.to_time(ALL, at(-60))


@pytest.mark.parametrize("form", [MYSQL, MARIA])
def test_a_transaction_takes_the_newest_full_that_does_not_hold_it(form):
    history = History((2, 2, 2), form)
    stretches = found(history.full(0, 1), history.full(1, 1), *(history.bundle(index) for index in range(3)))
    one = form.replace("1-{}", "{}")
    way = ways.to_transaction(stretches, Until(gtid=one.format(4)), contains)
    assert (way.full.id, names(way)) == (history.full(1, 1).id, ["bin.000002"])
    assert ways.to_transaction(stretches, Until(before=one.format(3)), contains).full.id == history.full(0, 1).id


@given(SIZES, st.data())
def test_the_logs_of_a_transaction_end_with_the_one_that_holds_it(sizes, data):
    history = History(sizes)
    if not sum(sizes):
        return
    number = data.draw(st.integers(1, sum(sizes)))
    stretches = found(history.full(0, 0), *(history.bundle(index) for index in range(len(sizes))))
    way = ways.to_transaction(stretches, Until(gtid=MYSQL.replace("1-{}", "{}").format(number)), contains)
    last = int(way.pieces[-1].log.name[-6:]) - 1
    assert history.begun(last) < number <= history.begun(last + 1)
    assert ways.to_time(stretches, at(second_of(history, number))).pieces[-1] == way.pieces[-1]


@pytest.mark.parametrize("gtid", [MYSQL.replace("1-{}", "7"), MYSQL.replace("1-{}", "1"), "0-10-4"])
def test_a_transaction_that_is_in_no_log_is_refused_with_what_there_is(gtid):
    with pytest.raises(Refused, match=r"in no log.*the logs go from bin\.000001 to bin\.000003 at 120"):
        ways.to_transaction(ALL, Until(gtid=gtid), contains)


def test_what_is_no_gtid_is_refused():
    with pytest.raises(Refused, match="'yesterday' is no GTID"):
        ways.to_transaction(ALL, Until(gtid="yesterday"), contains)


def test_a_position_takes_the_newest_full_before_it():
    for position, full, logs in (
        (HISTORY.position(1, 2), NEW, ["bin.000002"]),
        (HISTORY.position(1, 0), OLD, ["bin.000001", "bin.000002"]),
    ):
        way = ways.to_position(ALL, position)
        assert (way.full.id, names(way), way.until.position) == (full.id, logs, position)


@pytest.mark.parametrize("position", [Position("bin.000009", 4), Position("bin.000003", 121), Position("bin.000001", 4)])
def test_a_position_that_is_in_no_log_is_refused(position):
    with pytest.raises(Refused, match=rf"{position.file} at {position.offset} is in no log"):
        ways.to_position(ALL, position)


def test_a_gap_ends_the_way():
    broken = found(OLD, BUNDLES[0], replace(BUNDLES[2], facts=replace(BUNDLES[2].facts, gap="bin.000002 was purged")))
    for reach in (lambda: ways.to_time(broken, at(8)), lambda: ways.to_position(broken, HISTORY.position(2, 1))):
        with pytest.raises(Refused):
            reach()


def test_a_backup_that_names_logs_is_reached_from_its_own_full():
    named = replace(FULL, kind=Kind.INCREMENTAL, parent=OLD.id, segments=(), facts=BUNDLES[1].facts)
    way = ways.to_backup(ALL, OLD.id, named)
    assert (way.full.id, names(way), way.until.position) == (OLD.id, ["bin.000001", "bin.000002"], HISTORY.position(1, 2))
    with pytest.raises(Refused, match="is not there any more"):
        ways.to_backup(ALL, "20200101T000000Z-full-00000000", named)


def test_one_that_stands_where_its_full_stands_needs_no_log():
    named = replace(FULL, kind=Kind.INCREMENTAL, parent=OLD.id, segments=(), facts=OLD.facts)
    assert ways.to_backup(ALL, OLD.id, named).pieces == ()
