"""What travels: it comes back from JSON as it was, and what does not fit is refused by the name of its field."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.samples import PHYSICAL
from workers.artifact import BACKUP_ID, Facts, Form, Kind, Order, Role, Run, Segment, decode, encode, new_backup_id, new_run_id
from workers.errors import Permanent

FORMS = st.builds(Form, st.integers(0, 2**50), st.text("0123456789abcdef", min_size=64, max_size=64))
SEGMENTS = st.builds(
    Segment,
    st.integers(1, 10**6),
    st.text(min_size=1),
    st.sampled_from(Role),
    FORMS,
    st.lists(st.text()).map(tuple),
    st.none() | st.text(),
    st.none() | FORMS,
    st.text(),
    st.lists(st.text()).map(tuple),
)


@given(SEGMENTS)
def test_a_segment_comes_back_from_json_as_it_was(segment):
    assert decode(Segment, json.loads(json.dumps(encode(segment)))) == segment


def test_a_run_with_an_order_comes_back_from_json_as_it_was():
    facts = Facts("uuid", "mysql", "9.7.4", "community", datetime.now(UTC))
    run = Run("7d06883c", "restore", "community", "db1", "x", order=Order("x", "community", "y", facts, "community"))
    assert decode(Run, json.loads(json.dumps(encode(run)))) == run


def test_what_does_not_fit_is_refused_by_the_name_of_its_field():
    damaged = {**encode(Segment(1, "data", Role.DATA, Form(5, "ab"))), "plain": {"bytes": "many", "sha256": "ab"}}
    with pytest.raises(Permanent, match=r"not a Segment: plain\.bytes"):
        decode(Segment, damaged)


@pytest.mark.parametrize("payload", [None, 3, "text", [], {}])
def test_what_is_no_segment_at_all_is_refused(payload):
    with pytest.raises(Permanent, match="not a Segment"):
        decode(Segment, payload)


def test_a_segments_file_name_sorts_by_number():
    assert Segment(3, "data", Role.DATA, Form(5, "ab"), suffix=".zst.age").file == "000003.data.zst.age"


@pytest.mark.parametrize("kind", Kind)
def test_backup_ids_say_time_and_kind(kind):
    made = new_backup_id(kind, datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
    assert made.startswith(f"20261122T090000Z-{kind}-")
    assert BACKUP_ID.fullmatch(made)


def test_run_ids_are_short_and_differ():
    made = {new_run_id() for _ in range(500)}
    assert len(made) == 500
    assert all(len(run) == 8 for run in made)


def test_one_database_of_a_whole_server_expects_its_own_tables_under_their_own_names():
    order = Order(PHYSICAL.id, "community", "community_r", PHYSICAL.facts)
    assert [count.name for count in order.expected] == ["users"]
    assert order.of_one.facts.mode == "logical"
    assert order.of_one.expected == order.expected
    assert order.of_one.of_one == order.of_one
    whole = Order(PHYSICAL.id, "community", "/srv/new", PHYSICAL.facts, server="/srv/new")
    assert [count.name for count in whole.expected] == ["community.users", "shop.users"]
