"""The folder of one restore."""

import pytest

from tests.sources.redis.hands import take
from workers.artifact import Role
from workers.errors import Corrupt, Permanent
from workers.sources.redis import home


@pytest.fixture
def taken(full, tmp_path):
    return take(full.server(), tmp_path)


def made(full, taken):
    order = taken.order("x")
    folder = home.make(full.options(), order, taken.of(Role.SCHEMA))
    for piece in taken.of(Role.DATA):
        home.keep(folder, *piece)
    return folder, order


def test_parts_are_put_together_in_their_order_and_removed(full, taken):
    folder, order = made(full, taken)
    assert home.whole(folder, order, taken.of(Role.POST_DATA)).read_bytes() == taken.rdb
    assert [path.name for path in folder.iterdir()] == ["dump.rdb"]


def test_the_same_part_twice_and_the_whole_twice_change_nothing(full, taken):
    folder, order = made(full, taken)
    for piece in taken.of(Role.DATA):
        home.keep(folder, *piece)
    home.whole(folder, order, taken.of(Role.POST_DATA))
    assert home.whole(folder, order, taken.of(Role.POST_DATA)).read_bytes() == taken.rdb


def test_nobody_else_may_look_into_it(full, taken):
    folder, _ = made(full, taken)
    assert folder.stat().st_mode & 0o077 == 0


def test_a_part_for_a_restore_that_was_not_prepared_is_refused(full, taken):
    with pytest.raises(Permanent, match="was not prepared"):
        home.keep(home.home(full.options(), taken.order("x")), *taken.pieces[1])


def test_an_rdb_of_another_length_than_was_dumped_is_told(full, taken, redis7, tmp_path):
    (other := tmp_path / "other").mkdir()
    folder, order = made(full, take(redis7().server(), other))
    order = taken.order("x")
    home.make(full.options(), order, take(redis7().server(), other).of(Role.SCHEMA))
    for piece in take(redis7().server(), other).of(Role.POST_DATA):
        home.keep(folder, *piece)
    with pytest.raises(Corrupt):
        home.whole(folder, order, iter(()))
