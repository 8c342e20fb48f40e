"""`prove = "load"`: a backup counts as read when a scratch server has loaded it."""

import pytest

from tests.sources.redis.hands import take
from workers.artifact import Count
from workers.errors import Corrupt, Permanent
from workers.sources.redis.trial import PREFIX, trial


def test_a_dump_that_loads_is_taken_and_nothing_is_left(full, tmp_path):
    facts = take(full.server(prove="load"), tmp_path).facts
    assert facts.counts
    assert list((full.folder / "scratch").iterdir()) == []


def test_an_rdb_that_does_not_load_is_no_backup(full, tmp_path):
    damaged = take(full.server(), tmp_path).rdb[:-50]
    with trial(full.options()) as made:
        list(made.tee(iter([damaged])))
        with pytest.raises(Corrupt, match="could not load"):
            made.judge("it", (), 16)


def test_keys_that_do_not_come_back_are_no_backup(full, tmp_path):
    data = take(full.server(), tmp_path).rdb
    with trial(full.options()) as made:
        list(made.tee(iter([data])))
        with pytest.raises(Permanent, match=r"it does not load as it was dumped: db0: \d+ keys, expected 1$"):
            made.judge("it", (Count("db0", 1),), 16)


def test_what_a_lost_process_left_goes_with_the_next_trial(full):
    left = full.options().scratch / f"{PREFIX}999999999-abc"
    left.mkdir(parents=True)
    with trial(full.options()):
        assert not left.exists()


def test_a_disk_that_takes_nothing_is_told(full):
    with trial(full.options()) as made:
        (made._folder / "dump.rdb").symlink_to("/dev/full")
        with pytest.raises(Permanent, match=r'which prove = "load" asks for: No space left'):
            list(made.tee(iter([b"x"])))
