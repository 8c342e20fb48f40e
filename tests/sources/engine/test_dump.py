"""What an engine could not read, in warnings that say no number which nobody knows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from workers.errors import Permanent
from workers.sources.engine.dump import NAMED, unread
from workers.sources.engine.home import Taken
from workers.sources.engine.options import EngineOptions
from workers.sources.engine.record import Record

OPTIONS, NAMES = EngineOptions(path="/srv/uploads"), tuple(f"/srv/uploads/{number}: denied" for number in range(60))
RECORD = Record("restic", "0.19.1", "1" * 64, "2" * 64, "3" * 64, "/srv/uploads", "files1", datetime.now(UTC), 1, 1, 1)


@pytest.mark.parametrize(("dropped", "last"), [(0, "not read: 10 more names"), (7, "not read: at least 10 more names")])
def test_the_first_are_named_and_the_others_counted_as_far_as_they_are_known(dropped, last):
    found = unread(Path("/srv/uploads"), Taken(RECORD, "a", NAMES, dropped), OPTIONS)
    assert (len(found), found[0], found[-1]) == (NAMED + 1, "not read: /srv/uploads/0: denied", last)


def test_where_none_may_be_missing_the_failure_says_at_least_how_many_are():
    with pytest.raises(Permanent, match=r"^at least 60 names below /srv/uploads could not be read: .* and 55 more;"):
        unread(Path("/srv/uploads"), Taken(RECORD, "a", NAMES, 7), OPTIONS.model_copy(update={"unreadable": "fail"}))
    assert unread(Path("/srv/uploads"), Taken(RECORD, "a"), OPTIONS) == ()
