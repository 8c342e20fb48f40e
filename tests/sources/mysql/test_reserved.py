"""What is dropped without being asked can never be a live database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.sources.mysql.restoring import depart
from workers.errors import Permanent, Refused
from workers.sources.mysql import reserved, restore
from workers.sources.mysql.options import MysqlOptions

RUNS = st.text("0123456789abcdef", min_size=8, max_size=8)
PREFIXES = st.sampled_from([reserved.PREFIX, reserved.PREFIX.upper(), reserved.PREFIX.title(), "canvasbac\u212a_verify_"])
NAMES = st.text(min_size=1, max_size=64) | st.builds(str.__add__, PREFIXES, st.text(max_size=20)) | RUNS.map(reserved.name)


def live(name: str) -> bool:
    """Whether settings may name a database so."""
    try:
        MysqlOptions(socket="/s", user="u", databases=[name])
    except ValidationError:
        return False
    return True


@given(NAMES)
def test_no_name_is_both_a_live_database_and_one_that_a_trial_drops(name: str) -> None:
    assert not (live(name) and reserved.is_reserved(name))
    assert reserved.run_of(name) is None or not live(name)


@given(RUNS)
def test_every_trial_has_a_name_that_no_target_may_have_in_whatever_case(run: str) -> None:
    name = reserved.name(run)
    assert reserved.run_of(name) == run
    assert len(name) <= 64
    assert not any(live(spelled) for spelled in (name, name.upper(), name.swapcase()))


@given(st.text(max_size=12).filter(lambda text: not (len(text) == 8 and set(text) <= set("0123456789abcdef"))))
def test_what_is_no_run_names_no_trial(text: str) -> None:
    with pytest.raises(Permanent, match="is no run"):
        reserved.name(text)


def test_no_restore_goes_into_a_name_that_is_kept(ground) -> None:
    journey, name = depart(ground, "CREATE TABLE t (i INT);"), reserved.name("0badcafe").upper()
    with pytest.raises(Refused, match="is dropped without being asked"):
        restore.place(journey.server, name)
    with pytest.raises(Refused, match="is dropped without being asked"):
        journey.prepare(journey.order(name))
