"""What replacing single tables touches beside them is known before it is done."""

import pytest

from tests.sources.mysql.restoring import depart
from tests.sources.mysql.test_chosen import COMMUNITY
from workers.sources.mysql.touching import touched


@pytest.fixture
def journey(ground):
    return depart(ground, COMMUNITY)


def test_foreign_keys_from_and_to_the_tables_and_their_triggers_are_listed(ground, journey) -> None:
    found = touched(journey.server, journey.only("posts"))
    words = "\n".join(found)
    keys = ground.execute(
        "SELECT constraint_name FROM information_schema.key_column_usage WHERE referenced_table_name IS NOT NULL"
        f" AND table_schema = '{journey.facts.place}' AND (table_name = 'posts' OR referenced_table_name = 'posts')"
    )
    triggers = ground.execute(
        "SELECT trigger_name FROM information_schema.triggers"
        f" WHERE trigger_schema = '{journey.facts.place}' AND event_object_table = 'posts'"
    )
    assert keys
    assert triggers
    assert all(f"foreign key {name}: " in words for (name,) in keys)
    assert all(f"trigger {name} of posts: dropped" in words for (name,) in triggers)
    assert "comments, which stays as it is, → posts" in words


def test_tables_that_are_replaced_together_are_said_to_be(journey) -> None:
    assert any("both replaced" in words for words in touched(journey.server, journey.only("posts", "comments")))


def test_nothing_is_touched_beside_tables_that_go_into_another_name(journey) -> None:
    assert touched(journey.server, journey.only("posts", into="elsewhere")) == ()
