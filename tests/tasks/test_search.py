"""Whether something is looked for in logs or among names: by what the target has, and without one by how it begins."""

import pytest

from tasks.desk import finding, names, search


@pytest.fixture
def asked(orders, monkeypatch):
    """Who was asked."""
    found = []
    monkeypatch.setattr(finding, "statements", lambda what, *rest: found.append(("logs", what)))
    monkeypatch.setattr(names, "sightings", lambda what, *rest: found.append(("names", what)))
    return found


@pytest.mark.parametrize("what", ["DROP TABLE comments", "  update users set", "Delete from t", "TRUNCATE\tt"])
def test_what_begins_as_a_statement_is_looked_for_in_logs(asked, what):
    search.find(what)
    assert asked == [("logs", what)]


@pytest.mark.parametrize("what", ["report*.pdf", "drop", "updates/2026", "delete.me"])
def test_anything_else_is_a_name(asked, what):
    search.find(what)
    assert asked == [("names", what)]


def test_a_target_with_logs_is_asked_for_statements_whatever_it_is(asked):
    search.find("comments", "community")
    assert asked == [("logs", "comments")]


def test_without_anything_it_shows_how_it_is_asked(asked, capsys):
    assert search.find() is None
    assert 'find("DROP TABLE …", "community")' in capsys.readouterr().out
    assert asked == []
